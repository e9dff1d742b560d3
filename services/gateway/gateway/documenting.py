"""An endpoint as OpenAPI 3.1 describes it, from the same declaration that is enforced."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from gateway.access import security
from gateway.reading import KEY_HEADER, KEY_PATTERN, SECRET_HEADER, SECRET_PATTERN
from gateway.shape import Shape

# The problems that any call of the kind can meet; what each code means is in the table of codes.
PROBLEMS_OF_READS = (400, 401, 403, 404, 422, 429, 500, 503)
PROBLEMS_OF_WRITES = (400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503)

KEY_PARAMETER: dict[str, Any] = {
    "in": "header",
    "name": KEY_HEADER,
    "schema": {"type": "string", "pattern": KEY_PATTERN, "minLength": 8, "maxLength": 128},
    "description": "Your own key for this request: sent again, it answers the same and counts once.",
}
SECRET_PARAMETER: dict[str, Any] = {
    "in": "header",
    "name": SECRET_HEADER,
    "schema": {"type": "string", "pattern": SECRET_PATTERN, "minLength": 16, "maxLength": 128},
    "description": "`order_secret` of the order, for who has no token.",
}


def operation(shape: Shape, act: Callable[..., Any], more: dict[str, Any]) -> dict[str, Any]:
    """The operation object; ``more`` is merged over it."""
    found: dict[str, Any] = {
        "operationId": act.__name__,
        "summary": (act.__doc__ or "").strip().splitlines()[0].rstrip("."),
        "security": security(shape.access),
        "parameters": _parameters(shape),
        "responses": {str(shape.status): _success(shape), **problems(shape.method)},
    }
    if shape.body is not None:
        content = {"application/json": {"schema": shape.body}}
        found["requestBody"] = {"required": True, "content": content}
    return merged(found, more)


def merged(found: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Both, object by object; ``more`` wins."""
    both = {**found, **more}
    inner = [key for key in found.keys() & more.keys() if isinstance(found[key], dict)]
    return both | {key: merged(found[key], more[key]) for key in inner}


def problems(method: str) -> dict[str, str]:
    """References to the shared problem answers, by status."""
    statuses = PROBLEMS_OF_READS if method == "GET" else PROBLEMS_OF_WRITES
    return {str(status): HTTPStatus(status).name for status in statuses}


def _parameters(shape: Shape) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if shape.query.__name__ != "Nothing":
        found.append({"in": "query", "schema": shape.query})
    if shape.key != "none" and not shape.reads_itself:
        found.append({**KEY_PARAMETER, "required": shape.key == "required"})
    if shape.secret:
        found.append(SECRET_PARAMETER)
    return found


def _success(shape: Shape) -> dict[str, Any]:
    found: dict[str, Any] = {"description": HTTPStatus(shape.status).phrase}
    if shape.answer is not None:
        found["content"] = {"application/json": {"schema": shape.answer}}
    return found
