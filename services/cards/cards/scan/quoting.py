"""The price of a scan, without its effect: same rules, no key, no lock, nothing recorded."""

from collections.abc import Mapping

from cards.scan.answering import answer_price, answer_repeat
from cards.scan.desk import device_of
from cards.scan.facts import look
from cards.scan.judging import judge
from cards.scan.refusing import Attempt, answer_or_remember
from cards.scan.request import read_scan
from cards.sealing import Keys
from cards.transactions import Sending
from chassis.calls.caller import Caller
from chassis.clock import now
from chassis.database.sends import Sends
from contracts.cards import ScanAnswer, ScanRequest
from contracts.programmes import Programme


def quote(
    sending: Sending,
    caller: Caller,
    programmes: Mapping[str, Programme],
    keys: Keys,
    *,
    scan: ScanRequest,
) -> ScanAnswer:
    """Return the price, or the refusal that a redemption would meet now.

    Refused quotes are remembered like refused scans: guessing by quotes must not be cheaper.
    """
    device = device_of(caller)
    at = now()
    attempt = Attempt(kind="quote", device=device, scan=read_scan(scan, keys))

    def act(sends: Sends) -> ScanAnswer:
        seen = look(sends, device, attempt.scan, programmes, at, key=None)
        judged = judge(attempt, seen, keys, at)
        if judged.price is None:
            # The same scan was redeemed seconds ago: the desk should hear it before it asks again.
            repeat = answer_repeat(judged, device.id)
            return {**repeat, "id": None, "recorded_at": None, "occurred_at": None}
        return answer_price(judged, judged.price, redemption_id=None, recorded_at=None)

    return answer_or_remember(sending, attempt, act)
