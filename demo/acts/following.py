"""After the scans: statistics for the provider, the ledger, receipts, and the holder's own list."""

from typing import Any

from demo.acts.scanning import CAVE
from demo.narrator import euros
from demo.stage import Stage, eventually
from sandbox.reading import wait_for_mails


def follow_the_sales(stage: Stage) -> None:
    """11 July 2020, evening."""
    stage.begin("The evening: who earned what", 2020, 7, 11, 20, 0)
    provider = stage.cast.providers[CAVE]
    manager = _sign_in_manager(stage, provider["id"])
    for by in ("day", "offer", "card_type"):
        rows = eventually(lambda by=by: _rows(manager, provider["id"], by), "statistics")  # type: ignore[misc]
        row = rows[0]
        stage.tell.say(f"{CAVE} follows its sales by {by.replace('_', ' ')}.")
        stage.tell.detail(
            f"{row['key']}: {row['redemptions']} passage(s), {row['adults']} adults, "
            f"{row['children']} children, {euros(row['gross_cents'])} gross, "
            f"{euros(row['paid_from_pot_cents'])} from pots"
        )
    balance = manager.get(f"/v1/providers/{provider['id']}/balance")
    stage.tell.say("The ledger: what the pots paid is owed to the provider.")
    stage.tell.detail(f"payable to {CAVE}: {euros(balance['payable_cents'])}")
    _receipt(stage)
    stage.tell.services()


def _sign_in_manager(stage: Stage, provider_id: str) -> Any:
    email = "direction@grotte-ours-grave.example.org"
    made = stage.cast.officer.post(
        "/v1/staff", {"email": email, "role": "provider_manager", "provider_id": provider_id}
    )
    return stage.api.staff("manager", email, made["one_time_password"])


def _rows(manager: Any, provider_id: str, by: str) -> list[dict[str, Any]] | None:
    day = {"from": "2020-07-11", "to": "2020-07-11"}
    answer = manager.call("GET", f"/v1/providers/{provider_id}/statistics", params={**day, "by": by})
    total = answer["total"]
    # The cancelled passage is taken out again once its event has arrived.
    return answer["rows"] if total["redemptions"] == 1 else None


def _receipt(stage: Stage) -> None:
    email = stage.cast.orders["Amira"]["email"]
    receipts = wait_for_mails(
        stage.platform.mail_folder,
        lambda mail: "Payé par la cagnotte : 20" in mail.text,
        recipient=email,
        timeout_s=60,
    )
    stage.tell.say("Amira has a receipt in her mailbox.")
    stage.tell.detail(f"“{receipts[0].subject}”")
    used = stage.cast.holders["Amira"].get(f"/v1/cards/{stage.cast.orders['Amira']['card_id']}/redemptions")
    stage.tell.detail(f"her list shows {len(used['redemptions'])} passages, one of them cancelled")
