"""What stands before every rule: the chassis holds the caller against the table before a method runs."""

from chassis.calls.access import admit
from chassis.calls.caller import Caller
from contracts.access import access_of


def admitted(caller: Caller, call: str) -> Caller:
    """The caller, where the table lets it make this call of ``"<service>.<method>"``, or the Refusal."""
    admit(caller, access_of(call))
    return caller
