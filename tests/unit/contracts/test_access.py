"""The table of who may do what: complete, without contradictions, and judged cell by cell."""

import inspect
from collections.abc import Callable

import pytest

from chassis.calls.access import admit
from chassis.calls.caller import ANONYMOUS, Caller, service_caller
from contracts.access import CALLS, PEOPLE, SCOPES, SCOPES_BY_KIND, SCOPES_BY_ROLE, access_of, scopes_of
from contracts.base import BooksRpc
from contracts.documentation import SERVICES, rpc_of
from contracts.refusals import Refusal

PERSONS = ("officer", "office_officer", "provider_manager", "provider_desk", "partner", "device", "holder")
NAMES = (*SERVICES, "gateway")


def methods() -> set[str]:
    """Every RPC of every service, as the contracts have it."""
    protocols = {name: rpc_of(module) for name, module in SERVICES.items()}
    return {
        f"{service}.{method}"
        for service, protocol in protocols.items()
        for method, found in {**vars(protocol), **vars(BooksRpc)}.items()
        if inspect.isfunction(found) and method[0] != "_"
    }


def outcome(caller: Caller, call: str) -> str:
    """What the table says to the caller."""
    try:
        admit(caller, access_of(call))
    except Refusal as refusal:
        return refusal.code
    return "admitted"


def test_every_rpc_has_a_row_and_every_row_an_rpc() -> None:
    assert set(CALLS) == methods()


def test_every_scope_is_carried_by_somebody_and_asked_for_by_some_call() -> None:
    carried = frozenset[str]().union(*SCOPES_BY_ROLE.values(), *SCOPES_BY_KIND.values())
    assert carried == set(SCOPES)
    assert {row.scope for row in CALLS.values()} - {None} == set(SCOPES)


@pytest.mark.parametrize("call", CALLS)
def test_nobody_is_admitted_by_accident(call: str) -> None:
    """A row opens a call to a scope, to named services or to named kinds; an empty one opens it to nobody."""
    row = access_of(call)
    assert row.scope or row.services or row.open_to
    assert row.services <= set(NAMES)
    assert row.open_to <= PEOPLE


@pytest.mark.parametrize("call", CALLS)
def test_a_call_admits_whom_its_row_names_and_nobody_else(
    call: str, caller_of: Callable[..., Caller]
) -> None:
    row = access_of(call)
    for person in PERSONS:
        caller = caller_of(person)
        may = caller.kind in row.open_to or row.scope in scopes_of(caller.kind, caller.role)
        assert outcome(caller, call) == ("admitted" if may else "not_allowed"), person
        powerless = caller_of(person, scopes=frozenset(SCOPES) - {row.scope})
        kind_alone = "admitted" if caller.kind in row.open_to else "not_allowed"
        assert outcome(powerless, call) == kind_alone, person
    assert outcome(ANONYMOUS, call) == ("admitted" if row.public else "not_authenticated")
    for name in NAMES:
        may = name in row.services
        assert outcome(service_caller(name), call) == ("admitted" if may else "not_allowed"), name


def test_a_service_needs_its_name_in_the_row_whatever_its_scopes() -> None:
    everything = Caller(kind="service", subject="service:cards", scopes=frozenset(SCOPES))
    assert outcome(everything, "identity.get_contact") == "not_allowed"
    assert outcome(everything, "cards.redeem") == "not_allowed"


def test_only_who_writes_to_people_is_told_their_address() -> None:
    for call in ("identity.get_contact", "identity.find_contacts", "identity.get_login_code"):
        row = access_of(call)
        assert (row.scope, row.open_to, row.services) == (None, frozenset(), {"notify"})
