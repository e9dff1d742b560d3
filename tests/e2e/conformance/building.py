"""Builds the crowd of these tests, step by step, with the same acts as the demo."""

from pathlib import Path
from typing import Any
from uuid import uuid4

from demo.acts.checking import wait_for_card
from demo.acts.opening import take_in
from demo.acts.ordering import order
from demo.acts.vouchers import read_pdf, read_voucher, sign_in
from demo.api import Api, Visitor
from demo.narrator import Narrator
from demo.stage import Cast, Platform, Stage, eventually
from tests.e2e.conformance import people
from tests.e2e.conformance.crowd import AN_HOUR_BEFORE, MOMENT, Crowd, Ids, scan_body
from tests.e2e.conformance.providers import FAMILIES, STAFF, WINTER, YOUNG, provider_body

OFFICER = f"conformance-{people.RUN}@crt.example.org"
MINE, OTHER, SPARE, APPLIED = "Musée conforme", "Musée voisin", "Musée de réserve", "Musée candidat"
WITH_CARD = ("Bonus", "Other", "Lost", "Spare")


def build_crowd(platform: Platform, documents: Path) -> Crowd:
    """About 10 s: everything is made through the gateway, vouchers are read from the mails."""
    api = Api(platform.gateway_url)
    officer = api.staff("officer", OFFICER, platform.create_officer(OFFICER))
    stage = Stage(platform, api, Narrator(documents), documents, Cast(officer))
    stage.move_to(*AN_HOUR_BEFORE)
    expired = officer.sign_in() if officer.sign_in else ""
    stage.move_to(*MOMENT)
    crowd = Crowd(stage, {"anonymous": api.public(), "officer": officer})
    crowd.callers["garbage"] = Visitor(api.http, "garbage", sign_in=lambda: "not.a.token")
    crowd.callers["expired"] = Visitor(api.http, "expired", sign_in=lambda: expired)
    _partners(crowd)
    _providers(crowd)
    _orders(crowd)
    _cards(crowd)
    _devices(crowd)
    _redemptions(crowd)
    _disputes(crowd)
    _spare(crowd)
    return crowd


def _partners(crowd: Crowd) -> None:
    for name, channel in {"partner": "tourist_office", "other_partner": "crt"}.items():
        made = crowd.callers["officer"].post("/v1/partners", {"name": name, "channel": channel})
        crowd.callers[name] = crowd.api.client(name, made)
        crowd.credentials = {"grant_type": "client_credentials"}
        crowd.credentials |= {key: made[key] for key in ("client_id", "client_secret")}
    crowd.callers["office_officer"] = _staff(crowd, role="office_officer", programmes=["passresot66"])


def _staff(crowd: Crowd, **body: Any) -> Visitor:
    email = f"{uuid4().hex}@example.org"
    made = crowd.callers["officer"].post("/v1/staff", {"email": email, **body})
    return crowd.api.staff(body["role"], email, made["one_time_password"])


def _providers(crowd: Crowd) -> None:
    stage, cast = crowd.stage, crowd.stage.cast
    published = {MINE: [FAMILIES, WINTER, YOUNG, STAFF], OTHER: [FAMILIES, YOUNG], SPARE: [FAMILIES]}
    for name, offers in published.items():
        take_in(stage, {**provider_body(name), "offers": [{**offer, "site": None} for offer in offers]})
    applied = crowd.api.public().post("/v1/provider-applications", provider_body(APPLIED))
    crowd.offers = {
        name: cast.offers[provider][index]["id"]
        for name, (provider, index) in {
            "families": (MINE, 0),
            "winter": (MINE, 1),
            "young": (MINE, 2),
            "staff": (MINE, 3),
            "other_families": (OTHER, 0),
            "other_young": (OTHER, 1),
        }.items()
    }
    for ids, provider in ((crowd.mine, MINE), (crowd.others, OTHER)):
        ids["provider_id"] = cast.providers[provider]["id"]
        ids["offer_id"] = cast.offers[provider][0]["id"]
        ids["site_id"] = cast.providers[provider]["sites"][0]["id"]
    crowd.spare |= {"provider_id": [cast.providers[SPARE]["id"]], "applied_provider_id": [applied["id"]]}
    for name, ids in {"manager": crowd.mine, "other_manager": crowd.others}.items():
        crowd.callers[name] = _staff(crowd, role="provider_manager", provider_id=ids["provider_id"])
        desk = name.replace("manager", "desk")
        crowd.callers[desk] = _staff(crowd, role="provider_desk", provider_id=ids["provider_id"])
        ids["staff_id"] = _member(crowd, ids["provider_id"])
    crowd.spare["staff_id"] = [_member(crowd, crowd.spare["provider_id"][0])]


def _member(crowd: Crowd, provider_id: str) -> str:
    """Somebody of a provider's staff who has not signed in yet."""
    body = {"email": f"{uuid4().hex}@example.org", "role": "provider_desk"}
    staff_id: str = crowd.callers["officer"].post(f"/v1/providers/{provider_id}/staff", body)["staff_id"]
    return staff_id


def _orders(crowd: Crowd) -> None:
    stage, partner = crowd.stage, crowd.callers["partner"]
    order(stage, "Bonus", partner, "family_bonus", people.MAI_LINH, [people.EVA])
    order(stage, "Other", crowd.callers["other_partner"], "youth", people.young("Oscar"))
    for name in ("Lost", "Spare"):
        order(stage, name, partner, "youth", people.young(name))
    order(stage, "Staff", partner, "staff", people.employee("Sophie"), programme="passresot66")
    for name in WITH_CARD:
        accept(crowd, name, "officer")
    accept(crowd, "Staff", "office_officer")
    # What is ordered from here on stays as it is: with pending checks, and to be paid.
    order(stage, "Pending", partner, "youth", people.young("Paul"))
    order(stage, "Decided", partner, "youth", people.young("Diane"))
    order(stage, "Unpaid", partner, "family", people.young("Ugo"), [people.EVA])


def accept(crowd: Crowd, name: str, caller: str) -> None:
    """The caller accepts the checks of an order that wait for a person."""
    for check in eventually(lambda: _checks(crowd, name), f"{name}'s checks"):
        if check["waiting_for"] not in ("service", None):
            path = f"/v1/checks/{check['id']}/decision"
            crowd.callers[caller].post(path, {"outcome": "accepted"})


def _checks(crowd: Crowd, name: str) -> list[dict[str, Any]]:
    whole = crowd.callers["officer"].get(f"/v1/orders/{crowd.order(name)['id']}")
    found: list[dict[str, Any]] = whole["checks"]
    return found


def _cards(crowd: Crowd) -> None:
    for name in (*WITH_CARD, "Staff"):
        wait_for_card(crowd.stage, name)
    for name in (*WITH_CARD, "Staff"):
        read_voucher(crowd.stage, name, crowd.order(name)["email"])
    for caller, name in {"holder": "Bonus", "other_holder": "Other"}.items():
        sign_in(crowd.stage, name)
        crowd.callers[caller] = crowd.stage.cast.holders[name]
    for ids, name in ((crowd.mine, "Bonus"), (crowd.others, "Other")):
        ids["order_id"], ids["card_id"] = crowd.order(name)["id"], crowd.order(name)["card_id"]
    crowd.mine["check_id"] = _checks(crowd, "Pending")[0]["id"]
    crowd.others["check_id"] = crowd.mine["check_id"]
    crowd.callers["officer"].post(
        f"/v1/cards/{crowd.order('Lost')['card_id']}/revocation", {"reason": "lost"}
    )


def _devices(crowd: Crowd) -> None:
    for caller, ids in {"device": crowd.mine, "other_device": crowd.others, "guesser": crowd.mine}.items():
        credential = enrol(crowd, ids)
        crowd.callers[caller] = crowd.api.client(caller, credential)
        ids.setdefault("device_id", credential["device_id"])


def enrol(crowd: Crowd, ids: Ids) -> dict[str, Any]:
    """A device at the provider's first site; its credential."""
    code = _enrolment_code(crowd, ids)
    enrolled: dict[str, Any] = crowd.api.public().post("/v1/devices/enrolment", {"enrolment_code": code})
    return enrolled


def _enrolment_code(crowd: Crowd, ids: Ids) -> str:
    path = f"/v1/providers/{ids['provider_id']}/devices"
    made = crowd.callers["officer"].post(path, {"site_id": ids["site_id"], "label": "Accueil"})
    code: str = made["enrolment_code"]
    return code


def _redemptions(crowd: Crowd) -> None:
    mine = scan_body(crowd.voucher("Bonus")["qr"], crowd.offers["families"], 1, 1, pay_cents=500)
    spare = scan_body(crowd.voucher("Spare")["qr"], crowd.offers["young"], 1, 0)
    other = scan_body(crowd.voucher("Other")["qr"], crowd.offers["other_young"], 1, 0)
    crowd.mine["redemption_id"] = crowd.callers["device"].post("/v1/redemptions", mine)["id"]
    crowd.others["redemption_id"] = crowd.callers["other_device"].post("/v1/redemptions", other)["id"]
    crowd.spare["redemption_id"] = [crowd.callers["device"].post("/v1/redemptions", spare)["id"]]


def _disputes(crowd: Crowd) -> None:
    """One that is open, and a visit of the holder's that may be disputed: by a card without a pot to lock."""
    stage, officer = crowd.stage, crowd.callers["officer"]
    same_account = {**people.young("Dora"), "email": people.MAI_LINH["email"]}
    order(stage, "Dora", crowd.callers["partner"], "youth", same_account)
    accept(crowd, "Dora", "officer")
    voucher = officer.get(f"/v1/cards/{wait_for_card(stage, 'Dora')}/voucher.pdf")
    scan = scan_body(read_pdf(voucher)["qr"], crowd.offers["young"], 1, 0)
    crowd.spare["own_redemption_id"] = [crowd.callers["device"].post("/v1/redemptions", scan)["id"]]
    disputed = crowd.callers["other_holder"].post(
        f"/v1/me/visits/{crowd.others['redemption_id']}/dispute", {"note": "pas moi"}
    )
    crowd.mine["dispute_id"] = crowd.others["dispute_id"] = disputed["id"]
    crowd.spare["dispute_id"] = [disputed["id"]]


def _spare(crowd: Crowd) -> None:
    """What tests may decide, pay, revoke, publish and withdraw."""
    spare, officer = crowd.spare, crowd.callers["officer"]
    spare["order_id"] = [crowd.order(name)["id"] for name in ("Unpaid", "Spare")]
    spare["card_id"] = [crowd.order(name)["card_id"] for name in ("Spare", "Lost")]
    spare["check_id"] = [_checks(crowd, "Decided")[0]["id"]]
    spare["device_id"] = [enrol(crowd, crowd.mine)["device_id"]]
    draft = officer.post(f"/v1/providers/{spare['provider_id'][0]}/offers", FAMILIES)
    spare["offer_id"] = [draft["id"], crowd.stage.cast.offers[SPARE][0]["id"]]
    spare["site_id"] = [crowd.stage.cast.providers[SPARE]["sites"][0]["id"]]
    spare["enrolment_code"] = [_enrolment_code(crowd, crowd.mine)]
    spare["code"] = ["occygene-2020", "passresot66"]
