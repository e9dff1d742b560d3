"""The officers' morning: residence and identity by hand, the family quotient by the CAF/MSA API."""

from typing import Any

from demo.api import Refused, Visitor
from demo.stage import Stage, eventually


def check_the_applications(stage: Stage) -> None:
    """7 July 2020: every pending check is decided; one family is just above the limit."""
    stage.begin("Checks: residence and identity by hand, the quotient by machine", 2020, 7, 7, 10, 0)
    # Two checks each of four orders, or of three where the machine was faster.
    accept_all(stage.cast.officer, at_least=6)
    stage.tell.say("The officer accepts the proofs of residence and identity.")
    for name in ("Amira", "Julien"):
        decided = eventually(lambda name=name: _quotient(stage, name), f"{name}'s quotient")  # type: ignore[misc]
        stage.tell.say(f"{name}'s family quotient is read at the CAF, judged and forgotten.")
        stage.tell.detail(
            f"{decided['state']}" + (f" ({decided['reason_code']})" if decided["reason_code"] else "")
        )
    for name in ("Lucas", "Élodie", "Amira"):
        wait_for_card(stage, name)
        stage.tell.say(f"{name}'s card is made.")
    refused = eventually(lambda: _order_if(stage, "Julien", "refused"), "Julien's refusal")
    stage.tell.say("Julien's quotient is exactly 1000 €: not strictly below, so no card.")
    stage.tell.detail(f"order {refused['state']}")
    stage.tell.services()


def accept_all(officer: Visitor, at_least: int = 1) -> int:
    """Accept every check that waits for this officer, once so many do; answers how many."""
    # An order's checks appear when `identity` has heard of it, a moment after the order was answered.
    mine = eventually(lambda: _all_if(_waiting_for(officer), at_least), f"{at_least} checks to wait")
    accepted = 0
    while mine:
        accepted += sum(_accept(officer, check["id"]) for check in mine)
        mine = _waiting_for(officer)
    return accepted


def _waiting_for(officer: Visitor) -> list[dict[str, Any]]:
    page = officer.get("/v1/checks", state="pending", limit=100)
    return [check for check in page["checks"] if check["waiting_for"] != "service"]


def _all_if(checks: list[dict[str, Any]], at_least: int) -> list[dict[str, Any]] | None:
    return checks if len(checks) >= at_least else None


def _accept(officer: Visitor, check_id: str) -> bool:
    """False where the machine has refused the application while the officer was reading it."""
    try:
        officer.post(f"/v1/checks/{check_id}/decision", {"outcome": "accepted"})
    except Refused as refused:
        if refused.code != "already_decided":
            raise
        return False
    return True


def wait_for_card(stage: Stage, name: str) -> str:
    """The id of the card, once the order is validated."""
    whole = eventually(lambda: _order_if(stage, name, "validated"), f"{name}'s card")
    stage.cast.orders[name]["card_id"] = whole["card_id"]
    card_id: str = whole["card_id"]
    return card_id


def _order_if(stage: Stage, name: str, state: str) -> dict[str, Any] | None:
    placed = stage.cast.orders[name]
    owner = stage.api.public(name, order_secret=placed["order_secret"])
    whole: dict[str, Any] = owner.get(f"/v1/orders/{placed['id']}")
    return whole if whole["state"] == state else None


def _quotient(stage: Stage, name: str) -> dict[str, Any] | None:
    placed = stage.cast.orders[name]
    whole = stage.api.public(name, order_secret=placed["order_secret"]).get(f"/v1/orders/{placed['id']}")
    checks = [check for check in whole["checks"] if check["kind"] == "family_quotient"]
    return checks[0] if checks and checks[0]["state"] != "pending" else None
