"""A Saturday in July: devices are enrolled, cards are scanned, the pot pays, and a mistake is undone."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from demo.api import Refused
from demo.narrator import euros
from demo.stage import Stage, eventually

KAYAK = "Kayak-club de la Loutre bleue"
CAVE = "Grotte de l’Ours gravé"


def scan_on_a_saturday(stage: Stage) -> None:
    """11 July 2020."""
    stage.begin("A Saturday at the desk", 2020, 7, 11, 14, 0)
    for name in (KAYAK, CAVE):
        enrol(stage, name)
    _student_at_the_kayak_club(stage)
    first = _family_at_the_cave(stage)
    _second_read(stage, first)
    _typed_number(stage)
    _refusals(stage)
    stage.tell.services()


def enrol(stage: Stage, provider_name: str) -> None:
    """The officer makes a one-time code; the device exchanges it for a credential of its own."""
    provider = stage.cast.providers[provider_name]
    site = provider["sites"][0]
    made = stage.cast.officer.post(
        f"/v1/providers/{provider['id']}/devices", {"site_id": site["id"], "label": "Accueil"}
    )
    credential = stage.api.public().post("/v1/devices/enrolment", {"enrolment_code": made["enrolment_code"]})
    stage.cast.devices[provider_name] = stage.api.client(provider_name, credential)
    stage.tell.say(f"{provider_name} enrols a phone with a one-time code.")


def scan_body(
    stage: Stage, provider: str, card: str, card_type: str, adults: int, children: int, **more: Any
) -> dict[str, Any]:
    """The body of a quote or a redemption at the first offer of a provider for a card type."""
    offer = next(offer for offer in stage.cast.offers[provider] if card_type in offer["card_types"])
    gross = adults * offer["standard_price_cents"] + children * (offer["child_price_cents"] or 0)
    return {
        "card": card,
        "offer_id": offer["id"],
        "party": {"adults": adults, "children": children},
        "gross_cents": gross,
        **more,
    }


def redeem(stage: Stage, provider: str, body: dict[str, Any], key: str | None = None) -> dict[str, Any]:
    """The provider's device redeems."""
    answer: dict[str, Any] = stage.cast.devices[provider].post(
        "/v1/redemptions", body, key=key or uuid4().hex
    )
    return answer


def refused(stage: Stage, what: str, scan: Callable[[], Any]) -> str:
    """Tell a refusal; raises AssertionError when it was no refusal."""
    stage.tell.say(what)
    try:
        scan()
    except Refused as answer:
        stage.tell.detail(f"{answer.code}: “{answer.problem['message']['fr']}”")
        return answer.code
    raise AssertionError(f"was not refused: {what}")


def _student_at_the_kayak_club(stage: Stage) -> None:
    body = scan_body(stage, KAYAK, stage.cast.vouchers["Lucas"]["qr"], "youth", 1, 0)
    quote = stage.cast.devices[KAYAK].post("/v1/quotes", body)
    answer = redeem(stage, KAYAK, body)
    stage.tell.say(
        f"Lucas at {KAYAK}: the phone shows {answer['holder']['first_name']}, {answer['holder']['age_band']}."
    )
    stage.tell.detail(
        f"{euros(body['gross_cents'])} − {euros(answer['reduction_cents'])} = {euros(answer['due_cents'])}"
        f" to pay (quoted {euros(quote['due_cents'])})"
    )


def _family_at_the_cave(stage: Stage) -> dict[str, Any]:
    body = scan_body(stage, CAVE, stage.cast.vouchers["Amira"]["qr"], "family_bonus", 2, 3, pay_cents=2000)
    key = uuid4().hex
    answer = redeem(stage, CAVE, body, key)
    stage.tell.say(f"Amira's family of five at {CAVE}, 20 € of it from the pot.")
    stage.tell.detail(
        f"{euros(body['gross_cents'])} − {euros(answer['reduction_cents'])} = {euros(answer['net_cents'])}: "
        f"{euros(answer['paid_from_pot_cents'])} from the pot, {euros(answer['due_cents'])} to pay, "
        f"{euros(answer['pot_remaining_cents'])} left"
    )
    assert redeem(stage, CAVE, body, key) == answer, "a replayed key gets the same answer"
    return {"body": body, "answer": answer}


def _second_read(stage: Stage, first: dict[str, Any]) -> None:
    again = redeem(stage, CAVE, first["body"])
    assert again["already_counted"], "a second read within seconds is not counted twice"
    assert again["id"] == first["answer"]["id"]
    stage.tell.say("The phone reads the same code again, a second later.")
    stage.tell.detail(f"“{again['message']['fr']}”")


def _typed_number(stage: Stage) -> None:
    voucher = stage.cast.vouchers["Amira"]
    typed = scan_body(stage, CAVE, voucher["number"], "family_bonus", 2, 2, pay_cents=1000)
    refused(stage, "The camera fails; the number is typed by hand.", lambda: redeem(stage, CAVE, typed))
    answer = redeem(stage, CAVE, {**typed, "card_code": voucher["code"]})
    stage.tell.say("With the 4-digit code of the voucher it works.")
    stage.tell.detail(
        f"{euros(answer['paid_from_pot_cents'])} from the pot, {euros(answer['pot_remaining_cents'])} left"
    )
    stage.cast.devices[CAVE].post(f"/v1/redemptions/{answer['id']}/cancellation")
    back = eventually(lambda: _pot_is(stage, 28000), "the undone amount")
    stage.tell.say("It was the wrong family: the desk undoes it within 15 minutes.")
    stage.tell.detail(f"{euros(back)} in the pot again, once the wallet has reversed the debit")


def _refusals(stage: Stage) -> None:
    qr = stage.cast.vouchers
    cave_scan = scan_body(stage, CAVE, qr["Amira"]["qr"], "family_bonus", 2, 2)
    refused(stage, "The kayak club tries the cave's offer.", lambda: redeem(stage, KAYAK, cave_scan))
    unknown = {**cave_scan, "card": "OCY1:" + "A" * 26}
    refused(stage, "Somebody shows a made-up code.", lambda: redeem(stage, CAVE, unknown))
    family = scan_body(stage, CAVE, qr["Élodie"]["qr"], "family", 2, 2, pay_cents=1000)
    refused(stage, "Élodie's card has no pot, yet a pot is asked for.", lambda: redeem(stage, CAVE, family))


def _pot_is(stage: Stage, cents: int) -> int | None:
    pots = stage.cast.holders["Amira"].get(f"/v1/cards/{stage.cast.orders['Amira']['card_id']}/pot")
    return cents if pots["remaining_cents"] == cents else None
