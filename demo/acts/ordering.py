"""The first day: orders through three channels, refusals at once, and the family card paid at the bank."""

import re
from typing import Any

import httpx

from demo import people
from demo.api import Refused, Visitor
from demo.narrator import euros
from demo.stage import Stage, eventually

PROGRAMME = "occygene-2020"


def place_the_first_orders(stage: Stage) -> None:
    """6 July 2020: requests open."""
    stage.begin("Requests open: the first orders", 2020, 7, 6, 9, 0)
    partners = stage.cast.partners
    order(stage, "Lucas", partners["tourist_office"], "youth", people.MISTYPED_LUCAS)
    order(stage, "Élodie", partners["phone_desk"], "family", people.GARCIA, people.GARCIA_MEMBERS)
    order(stage, "Amira", partners["region_site"], "family_bonus", people.AMIRA, people.AMIRA_MEMBERS)
    order(stage, "Julien", partners["phone_desk"], "family_bonus", people.JULIEN, people.JULIEN_MEMBERS)
    _refuse_at_once(stage, partners["tourist_office"])
    pay(stage, "Élodie")
    stage.tell.services()


def order(
    stage: Stage,
    name: str,
    partner: Visitor,
    card_type: str,
    holder: dict[str, Any],
    members: list[dict[str, Any]] | None = None,
    programme: str = PROGRAMME,
) -> dict[str, Any]:
    """A partner places an order; it is kept in the cast under ``name``."""
    placed: dict[str, Any] = partner.post("/v1/orders", body(card_type, holder, members, programme))
    stage.cast.orders[name] = {**placed, "email": holder["email"]}
    checks = ", ".join(placed["checks_required"])
    stage.tell.say(
        f"{name} orders a {card_type} card through “{partner.name}” (channel {placed['channel']})."
    )
    stage.tell.detail(f"to verify: {checks}; to pay: {euros(placed['amount_due_cents'])}")
    return placed


def body(
    card_type: str,
    holder: dict[str, Any],
    members: list[dict[str, Any]] | None = None,
    programme: str = PROGRAMME,
) -> dict[str, Any]:
    """The body of `POST /v1/orders`."""
    return {"programme": programme, "card_type": card_type, "holder": holder, "members": members or []}


def _refuse_at_once(stage: Stage, partner: Visitor) -> None:
    turned_26_today = {**people.LUCAS, "birth_date": "1994-07-06"}
    elsewhere = {**people.GARCIA, "address": people.holder("", "", "", "", people.BORDEAUX)["address"]}
    too_many = [people.person(f"Enfant{number}", "Garcia", "2015-01-01") for number in range(12)]
    for what, request in {
        "Somebody who turns 26 today asks for the 18–25 card": body("youth", turned_26_today),
        "A family from Bordeaux asks for a family card": body("family", elsewhere, people.GARCIA_MEMBERS),
        "A household of 13 asks for a family card": body("family", people.GARCIA, too_many),
    }.items():
        stage.tell.say(f"{what}.")
        try:
            partner.post("/v1/orders", request)
        except Refused as refused:
            stage.tell.detail(f"refused, {refused.field}: “{refused.problem['message']['fr']}”")
        else:
            raise AssertionError(f"was not refused: {what}")


def pay(stage: Stage, name: str, notification: str = "twice") -> None:
    """The holder pays on the bank's page; the bank notifies ``twice``, ``once``, ``late`` or ``never``."""
    placed = stage.cast.orders[name]
    owner = stage.api.public(name, order_secret=placed["order_secret"])
    payment = owner.post(f"/v1/orders/{placed['id']}/payment")
    page = httpx.get(payment["redirect_url"])
    shown = re.search(r"Payer\s*([\d,]+)", page.text)
    sent_back = httpx.post(payment["redirect_url"], data={"choice": "pay", "notification": notification})
    paid = eventually(lambda: _paid(owner, placed["id"]), f"{name}'s payment")
    stage.tell.say(f"{name} pays {shown.group(1) if shown else '?'} € on the bank's page and is sent back.")
    stage.tell.detail(
        f"the bank notifies {notification}; the order counts one payment of {euros(paid['amount_cents'])} "
        f"(HTTP {sent_back.status_code})"
    )


def _paid(owner: Visitor, order_id: str) -> dict[str, Any] | None:
    whole = owner.get(f"/v1/orders/{order_id}")
    return whole["payment"] if whole["paid"] else None
