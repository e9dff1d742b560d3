"""The officers' morning: residence and identity by hand, the family quotient by the CAF/MSA API."""

from typing import Any

from demo.api import Refused, Visitor
from demo.stage import Stage, eventually


def check_the_applications(stage: Stage) -> None:
    """7 July 2020: every pending check is decided; one family is just above the limit."""
    stage.begin("Checks: residence and identity by hand, the quotient by machine", 2020, 7, 7, 10, 0)
    accept_all(stage.cast.officer)
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


def accept_all(officer: Visitor) -> int:
    """Accept every check that waits for this officer; answers how many."""
    accepted = 0
    while True:
        page = officer.get("/v1/checks", state="pending", limit=100)
        mine = [check for check in page["checks"] if check["waiting_for"] != "service"]
        accepted += sum(_accept(officer, check["id"]) for check in mine)
        if not mine:
            return accepted


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
