"""`docs/contracts.md`, made from the contracts: ``python -m contracts.documentation`` prints it."""

import inspect
from collections.abc import Iterator
from dataclasses import fields
from types import ModuleType
from typing import Any, get_type_hints, is_typeddict

from contracts import base, cards, identity, notify, offers, wallet
from contracts.base import Event
from contracts.refusals import SENTENCES

SERVICES: dict[str, ModuleType] = {
    "identity": identity,
    "cards": cards,
    "wallet": wallet,
    "offers": offers,
    "notify": notify,
}
_INTRODUCTION = """# Contracts

Made from `contracts/` by `make docs`; a test fails when it lags behind. Every event also carries
`event_id` (unique for ever) and `occurred_at` (RFC 3339, UTC). Fields are added, never renamed. Money is
integer euro cents.

An event leaves under the routing key of its name, as a JSON object with its fields, and the call that
caused it in the header `nameko.call_id`. Those of one name that leave together may share a message, a bundle:
`{"bundle": 1, "events": [{"call_id": "call_…", "event": {…}}, …]}`, up to 25 events in no order that means
anything. `bundle` is the version of this form, and no event has a field of that name; a listener parks a
bundle of a version that it does not know.
"""


def document() -> str:
    """The whole page as Markdown."""
    parts = [_INTRODUCTION, *_section("base", base)]
    for name, module in SERVICES.items():
        parts += _section(name, module)
    return "\n".join([*parts, *_refusals()]) + "\n"


def events_of(module: ModuleType) -> list[type[Event]]:
    """The events that a service announces, in the order in which they are written."""
    return [found for found in _own_classes(module) if issubclass(found, Event) and found is not Event]


def rpc_of(module: ModuleType) -> type | None:
    """The service's RPC Protocol."""
    return next((found for found in _own_classes(module) if found.__name__.endswith("Rpc")), None)


def _section(name: str, module: ModuleType) -> list[str]:
    parts = [f"## `{name}`", "", _doc(module), ""]
    if events := events_of(module):
        parts += ["### Events", "", *(line for event in events for line in _event(event))]
    if rpc := rpc_of(module):
        parts += ["### RPC", "", *_methods(rpc)]
    if shapes := [found for found in _own_classes(module) if is_typeddict(found)]:
        parts += ["### Shapes", "", *(line for shape in shapes for line in _shape(shape))]
    return parts


def _event(event: type[Event]) -> list[str]:
    own = [field for field in fields(event) if field.name not in ("event_id", "occurred_at")]
    rows = [f"| `{field.name}` | {_type(field.type)} |" for field in own]
    return [f"#### `{event.name}`", "", _doc(event), "", "| field | type |", "|---|---|", *rows, ""]


def _methods(rpc: type) -> Iterator[str]:
    for name, method in vars(rpc).items():
        if not inspect.isfunction(method) or name.startswith("_"):
            continue
        signature = inspect.signature(method)
        arguments = ", ".join(
            f"{argument.name}: {_plain(argument.annotation)}"
            for argument in signature.parameters.values()
            if argument.name != "self"
        )
        yield f"- `{name}({arguments}) → {_plain(signature.return_annotation)}`"
        yield f"  {_doc(method)}"
    yield ""


def _shape(shape: type) -> list[str]:
    rows = [
        f"| `{name}` | {_type(kind)} |" for name, kind in get_type_hints(shape, include_extras=True).items()
    ]
    return [f"#### `{shape.__name__}`", "", _doc(shape), "", "| field | type |", "|---|---|", *rows, ""]


def _refusals() -> list[str]:
    rows = [f"| `{code}` | {said.title} | {said.fr} | {said.en} |" for code, said in SENTENCES.items()]
    return ["## Refusals", "", "| code | title | fr | en |", "|---|---|---|---|", *rows]


def _own_classes(module: ModuleType) -> list[Any]:
    found = [item for item in vars(module).values() if inspect.isclass(item)]
    return [item for item in found if item.__module__ == module.__name__]


def _doc(thing: Any) -> str:
    return " ".join((inspect.getdoc(thing) or "").split())


def _type(kind: Any) -> str:
    return f"`{_plain(kind)}`"


def _plain(kind: Any) -> str:
    text = kind.__name__ if inspect.isclass(kind) and not getattr(kind, "__args__", None) else str(kind)
    for noise in ("typing.", *(f"contracts.{name}." for name in ("base", *SERVICES))):
        text = text.replace(noise, "")
    return text.replace("|", "or") if "|" in text else text


if __name__ == "__main__":
    print(document(), end="")
