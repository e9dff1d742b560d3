"""The entrypoint of `echo`: a scan's request in, an answer of a scan's shape and size out."""

from typing import Any

from chassis.service import CurrentCaller, rpc
from contracts.access import access_of

ANSWER = {
    "id": "red_00000000000000000000000000",
    "recorded_at": "2020-07-11T12:00:00.000000Z",
    "reduction_cents": 800,
    "net_cents": 3200,
    "paid_from_pot_cents": 0,
    "due_cents": 3200,
    "pot_remaining_cents": 30000,
    "holder": {"first_name": "Camille", "age_band": "26–39", "party_covered": {"adults": 2, "children": 3}},
    "already_counted": False,
    "message": None,
}


class EchoService:
    """Runs on the chassis like every service; it checks the caller's token as `cards` does."""

    name = "echo"
    access = {"echo": access_of("cards.redeem")}  # noqa: RUF012
    caller = CurrentCaller()

    @rpc
    def echo(self, *, idempotency_key: str, scan: dict[str, Any]) -> dict[str, Any]:
        """The same answer to everybody who may scan."""
        return ANSWER
