"""The contracts keep their promises: documented, implemented, JSON primitives only, and read tolerantly."""

import importlib
import inspect
import json
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args, get_type_hints, is_typeddict

import pytest

from chassis.preparing import events_heard
from chassis.runner import Process, service_class
from contracts import access_page
from contracts.base import Event
from contracts.documentation import SERVICES, document, events_of, rpc_of

ROOT = Path(__file__).parent.parent.parent
EVENTS = [event for module in SERVICES.values() for event in events_of(module)]
PRIMITIVES = (str, int, float, bool, type(None))


def test_the_page_of_contracts_is_up_to_date() -> None:
    assert (ROOT / "docs" / "contracts.md").read_text() == document(), "run `make docs`"


def test_the_page_of_who_may_do_what_is_up_to_date() -> None:
    assert (ROOT / "docs" / "access.md").read_text() == access_page.document(), "run `make docs`"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_answers_exactly_its_protocol(name: str) -> None:
    protocol = rpc_of(SERVICES[name])
    assert protocol is not None
    wanted = {
        key: value for key, value in vars(protocol).items() if inspect.isfunction(value) and key[0] != "_"
    }
    answered = {
        key: value
        for key, value in inspect.getmembers(service_class(name))
        if any(type(entry).__name__ == "Rpc" for entry in getattr(value, "nameko_entrypoints", ()))
    }
    assert answered.keys() == wanted.keys()
    for method, shape in wanted.items():
        found = inspect.signature(answered[method]).parameters.values()
        assert {(p.name, p.kind) for p in found} == {
            (p.name, p.kind) for p in inspect.signature(shape).parameters.values()
        }, method


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_hides_nothing_that_every_process_has(name: str) -> None:
    """A loop called like the process's own watcher of queues would be run instead of it."""
    own = dict(inspect.getmembers(service_class(name)))
    of_all = {key: value for key, value in vars(Process).items() if not key.startswith("__")}
    assert [key for key, value in of_all.items() if type(own.get(key, value)) is not type(value)] == []


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_an_event_is_announced_by_its_owner_in_the_past_tense_with_primitives(event: type[Event]) -> None:
    assert event.source in SERVICES
    assert importlib.import_module(f"contracts.{event.source}") is inspect.getmodule(event)
    assert event.name.endswith(("ed", "withdrawn"))
    for field, kind in get_type_hints(event).items():
        if field not in ("source", "name"):
            assert _is_json(kind), field


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_an_event_survives_the_bus_and_fields_of_tomorrow(event: type[Event]) -> None:
    sent = event(**{field.name: "x" for field in fields(event)})
    received = json.loads(json.dumps(sent.payload())) | {"added_next_year": 1}
    assert event.from_payload(received) == sent


def test_every_event_heard_is_announced_by_somebody() -> None:
    heard = {event for name in SERVICES for event in events_heard(service_class(name))}
    assert heard <= set(EVENTS)


def _is_json(kind: Any) -> bool:
    if kind in PRIMITIVES or is_typeddict(kind):
        return True
    parts = get_args(kind)
    return bool(parts) and all(isinstance(part, str) or _is_json(part) for part in parts)
