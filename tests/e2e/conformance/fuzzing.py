"""Generated calls of every operation: likely ones that reach deep, any that are documented, wrong ones."""

from typing import Any, TypeAlias, TypeVar
from uuid import uuid4

from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode

from tests.e2e.conformance.bodies import Body
from tests.e2e.conformance.crowd import Crowd

Generated: TypeAlias = "APIOperation[Any, Any, Any, Any]"
AnyCase: TypeAlias = "Case[Generated]"
Value = TypeVar("Value")

REPLACED_FIELDS_MAX = 2
RIGHT_QUERIES: dict[str, list[dict[str, Any]]] = {
    "get_statistics": [
        {"from": "2020-07-01", "to": "2020-07-31", "by": by} for by in ("day", "offer", "card_type", "site")
    ],
    "find_providers": [
        {"near": "44.0,1.3", "radius_km": 50, "category": "cultural_sites"},
        {"programme": "occygene-2020", "card_type": "family", "open_on": "2020-07-11"},
        {"pot_accepted": "true"},
        {},
    ],
    "find_ideas": [
        {
            "near": "44.0,1.3",
            "radius_km": 50,
            "budget_cents": 1800,
            "programme": "occygene-2020",
            "on": "2020-07-11",
            "adults": 2,
            "children_ages": "4,9",
            "pot_cents": 1000,
        },
        {"near": "44.0,1.3", "budget_cents": 0, "programme": "occygene-2020", "on": "2020-07-11"},
    ],
    "find_checks": [{"state": "pending", "limit": 2}, {"state": "accepted"}],
    "find_disputes": [{"state": "open", "limit": 1}, {"state": "rejected"}],
    "find_device_redemptions": [{"since": "2020-07-01T00:00:00+02:00"}, {"limit": 1}],
}


def operation_id(operation: Generated) -> str:
    """As the document names it."""
    name: str = operation.definition.raw["operationId"]
    return name


def wrong(operation: Generated) -> st.SearchStrategy[AnyCase]:
    """Calls that break the document somewhere."""
    return operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)


def can_be_wrong(operation: Generated) -> bool:
    """Without parameters and body there is nothing to break."""
    parts = (operation.path_parameters, operation.query, operation.headers, operation.body)
    return any(len(list(part)) for part in parts)


@st.composite
def right(draw: st.DrawFn, operation: Generated, crowd: Crowd, bodies: list[Body], number: int) -> AnyCase:
    """A call that a fitting caller makes with success: real ids, a right body, a key that is new."""
    given: dict[str, Any] = {"headers": _headers(operation, crowd)}
    given["path_parameters"] = {
        parameter.name: _nth(_values(operation, parameter.name, crowd), number)
        for parameter in operation.path_parameters
    }
    if operation_id(operation) in RIGHT_QUERIES:
        given["query"] = _nth(RIGHT_QUERIES[operation_id(operation)], number)
    case: AnyCase = draw(operation.as_strategy(**given))
    if bodies:
        case.body, case.media_type = _nth(bodies, number), "application/json"
    return case


@st.composite
def likely(draw: st.DrawFn, operation: Generated, crowd: Crowd, bodies: list[Body]) -> AnyCase:
    """The same with a field or two of the body, or the query, as the document allows them."""
    number = draw(st.integers(0, 3))
    case: AnyCase = draw(right(operation, crowd, bodies, number))
    generated: AnyCase = draw(operation.as_strategy())
    if bodies:
        case.body = _mixed(draw, case.body, generated.body)
    elif draw(st.booleans()):
        case.query = generated.query
    return case


def _headers(operation: Generated, crowd: Crowd) -> dict[str, str]:
    """Keys of one's own: a generated one is soon one that was already used."""
    key = uuid4().hex
    known = {"Idempotency-Key": key, "Order-Secret": crowd.order("Unpaid")["order_secret"]}
    return {
        parameter.name: known[parameter.name] for parameter in operation.headers if parameter.name in known
    }


def _values(operation: Generated, name: str, crowd: Crowd) -> list[str]:
    """Tests that change something do it to what is spare."""
    if operation_id(operation) == "decide_provider":
        return crowd.spare["applied_provider_id"]
    if operation_id(operation) == "dispute_visit":
        return crowd.spare["own_redemption_id"]
    kept = [crowd.mine[name]] if operation.method.upper() == "GET" and name in crowd.mine else []
    return [*kept, *crowd.spare[name]]


def _mixed(draw: st.DrawFn, right_body: Any, generated: Any) -> Body:
    known = sorted(right_body.keys() & generated.keys()) if isinstance(generated, dict) else []
    replaced = draw(st.sets(st.sampled_from(known), max_size=REPLACED_FIELDS_MAX)) if known else set()
    return {**right_body, **{name: generated[name] for name in sorted(replaced)}}


def _nth(values: list[Value], number: int) -> Value:
    return values[number % len(values)]
