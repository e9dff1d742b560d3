"""Before the summer: officers, partner sites, and the providers with their offers."""

import json
from pathlib import Path
from typing import Any

from demo.api import Refused
from demo.stage import Stage

PROVIDERS = Path(__file__).parent.parent / "providers.json"
PARTNERS = {
    "tourist_office": "Office de tourisme Grand Carcassonne",
    "phone_desk": "Plateforme téléphonique",
    "region_site": "Site de la Région",
}


def open_the_scheme(stage: Stage) -> None:
    """Partners get their credentials; every provider of the data file applies, is accepted and publishes."""
    stage.begin("The scheme opens its doors to partners and providers", 2020, 7, 1, 9, 0)
    for channel, name in PARTNERS.items():
        made = stage.cast.officer.post("/v1/partners", {"name": name, "channel": channel})
        stage.cast.partners[channel] = stage.api.client(name, made)
    stage.tell.say("The officer registers three partner sites; each gets a secret that is shown once.")
    providers = json.loads(PROVIDERS.read_text())
    for body in providers:
        take_in(stage, body)
    published = sum(len(offers) for offers in stage.cast.offers.values())
    stage.tell.say(
        f"{len(providers)} providers apply, are checked against their category's criteria and accepted."
    )
    stage.tell.detail(f"{published} offers pass the programmes' rules and are published")
    _refuse_a_poor_offer(stage)
    _list_by_distance(stage)
    stage.tell.services()


def take_in(stage: Stage, body: dict[str, Any]) -> None:
    """One provider: application, decision, offers, publication."""
    officer = stage.cast.officer
    application = {key: value for key, value in body.items() if key != "offers"}
    provider = stage.api.public().post("/v1/provider-applications", application)
    provider = officer.post(f"/v1/providers/{provider['id']}/decision", {"outcome": "accepted"})
    stage.cast.providers[body["name"]] = provider
    stage.cast.offers[body["name"]] = [_publish(stage, provider, offer) for offer in body["offers"]]


def _publish(stage: Stage, provider: dict[str, Any], offer: dict[str, Any]) -> dict[str, Any]:
    path = f"/v1/providers/{provider['id']}/offers"
    made = stage.cast.officer.post(path, offer_body(provider, offer))
    published: dict[str, Any] = stage.cast.officer.post(f"{path}/{made['id']}/publication")
    return published


def offer_body(provider: dict[str, Any], offer: dict[str, Any]) -> dict[str, Any]:
    """The file names a site by its place in the list, the API by its id."""
    body = {key: value for key, value in offer.items() if key != "site"}
    sites = [] if offer["site"] is None else [provider["sites"][offer["site"]]["id"]]
    return {**body, "site_ids": sites}


def _refuse_a_poor_offer(stage: Stage) -> None:
    name, offers = next(iter(stage.cast.offers.items()))
    provider = stage.cast.providers[name]
    youth = next(offer for offer in offers if offer["card_types"] == ["youth"])
    fields = ("programme", "site_ids", "title", "card_types", "audience", "kind", "price_cents", "base")
    poor = {key: youth[key] for key in fields} | {
        "percent": 20,
        "standard_price_cents": youth["standard_price_cents"],
        "pot_accepted": False,
    }
    made = stage.cast.officer.post(f"/v1/providers/{provider['id']}/offers", poor)
    try:
        stage.cast.officer.post(f"/v1/providers/{provider['id']}/offers/{made['id']}/publication")
    except Refused as refused:
        stage.tell.say(f"{name} tries 20 % for the 18–25s.")
        stage.tell.detail(f"refused, {refused.field}: “{refused.problem['message']['fr']}”")
    else:
        raise AssertionError("an offer below the programme's minimum was published")


def _list_by_distance(stage: Stage) -> None:
    listing = stage.api.public().get("/v1/providers", near="43.2130,2.3510", radius_km=80, limit=3)
    found = [
        f"{provider['name']} ({provider['sites'][0]['distance_km']:.0f} km)"
        for provider in listing["providers"]
    ]
    stage.tell.say("Anyone near Carcassonne asks the public listing what is close:")
    stage.tell.detail(", ".join(found))
