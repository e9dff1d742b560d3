"""One decorator for an endpoint: its access, shapes and headers, enforced and documented together."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema
from starlette.responses import Response

from contracts.access import Access
from gateway import reading
from gateway.access import authenticate, authorise
from gateway.asked import Asked
from gateway.call import Call, Parts
from gateway.documenting import operation
from gateway.schemas.base import Nothing
from gateway.shape import KeyUse, Shape

Act = Callable[..., Awaitable[Any]]
as_json = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True)
class Endpoint:
    """An act under its rule, and what the OpenAPI document says of it."""

    rule: str
    shape: Shape
    act: Act
    described: dict[str, Any]


class Resource:
    """The endpoints of one resource."""

    def __init__(self, name: str, description: str, url_prefix: str = "/v1") -> None:
        self.name, self.description, self._prefix = name, description, url_prefix
        self.endpoints: list[Endpoint] = []

    def get(self, rule: str, **kwargs: Any) -> Callable[[Act], Act]:
        """A call that reads."""
        return self._endpoint("GET", rule, **{"key": "none", **kwargs})

    def post(self, rule: str, **kwargs: Any) -> Callable[[Act], Act]:
        """A call that makes or changes something."""
        return self._endpoint("POST", rule, **{"key": "optional", **kwargs})

    def _endpoint(
        self,
        method: str,
        rule: str,
        *,
        access: Access,
        answer: type[Schema] | None = None,
        status: int = 200,
        body: type[Schema] | None = None,
        query: type[Schema] = Nothing,
        key: KeyUse,
        secret: bool = False,
        reads_itself: bool = False,
        doc: dict[str, Any] | None = None,
    ) -> Callable[[Act], Act]:
        shape = Shape(
            method=method,
            access=access,
            status=status,
            answer=answer,
            body=body,
            query=query,
            key=key,
            secret=secret,
            reads_itself=reads_itself,
        )

        def decorate(act: Act) -> Act:
            described = {"tags": [self.name], **operation(shape, act, doc or {})}
            self.endpoints.append(Endpoint(self._prefix + rule, shape, act, described))
            return act

        return decorate


def json_answer(body: Any, status: int = 200) -> Response:
    """JSON as every answer of ours is written: ASCII, one line."""
    return Response(as_json(body) + "\n", status, media_type="application/json")


def view_of(endpoint: Endpoint, parts: Parts) -> Callable[[Asked], Awaitable[Response]]:
    """What answers the endpoint's requests."""
    shape, act = endpoint.shape, endpoint.act
    body = (shape.body or Nothing)()
    query = shape.query()
    answer = shape.answer() if shape.answer else None

    async def view(asked: Asked) -> Response:
        # Anyone may ask for an order with its secret, yet nobody else may keep the answer; nor one of health.
        asked.public = shape.access.public and not shape.secret and not shape.reads_itself
        done = await act(await _call(asked, shape, parts, body, query), **asked.parts)
        if isinstance(done, Response):
            return done
        return (
            Response(status_code=shape.status)
            if answer is None
            else json_answer(answer.dump(done), shape.status)
        )

    return view


async def _call(asked: Asked, shape: Shape, parts: Parts, body: Schema, query: Schema) -> Call:
    """Token first, so that a stranger learns nothing about fields; then headers, query and body."""
    if shape.reads_itself:
        return Call(asked, asked.caller, parts.services.bind(token=None, call_id=asked.call_id), parts)
    caller = asked.caller if asked.token else authenticate(asked, parts.keys)
    authorise(caller, shape.access)
    key = "" if shape.key == "none" else reading.read_idempotency_key(asked, required=shape.key == "required")
    return Call(
        asked,
        caller,
        services=parts.services.bind(token=asked.token, call_id=asked.call_id),
        parts=parts,
        key=key,
        order_secret=reading.read_order_secret(asked) if shape.secret else None,
        query=reading.load(query, reading.read_query(asked)),
        body=await _body(asked, shape, body),
    )


async def _body(asked: Asked, shape: Shape, body: Schema) -> dict[str, Any]:
    if shape.method == "GET":
        return {}
    read = reading.read_no_body if shape.body is None else reading.read_json
    return reading.load(body, await read(asked))
