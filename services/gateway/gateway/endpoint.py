"""One decorator for an endpoint: its access, shapes and headers, enforced and documented together."""

from collections.abc import Callable
from typing import Any

from flask import Response, g, jsonify, make_response, request
from flask_smorest import Blueprint
from marshmallow import Schema

from contracts.access import Access
from gateway import reading
from gateway.access import authorise, credentials_of_request
from gateway.call import Call, parts
from gateway.documenting import operation
from gateway.schemas.base import Nothing
from gateway.shape import KeyUse, Shape

View = Callable[..., Any]


class Resource(Blueprint):  # type: ignore[misc]  # flask-smorest is untyped
    """The endpoints of one resource."""

    def __init__(self, name: str, description: str, url_prefix: str = "/v1") -> None:
        super().__init__(name, __name__, url_prefix=url_prefix, description=description)
        # Everything is documented by `gateway.documenting`; the defaults would add an answer for any status.
        self._prepare_doc_cbks: list[Any] = []

    def get(self, rule: str, **kwargs: Any) -> Callable[[View], View]:
        """A call that reads."""
        return self._endpoint("GET", rule, **{"key": "none", **kwargs})

    def post(self, rule: str, **kwargs: Any) -> Callable[[View], View]:
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
    ) -> Callable[[View], View]:
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

        def decorate(act: View) -> View:
            view = _view(shape, act)
            view._apidoc = {"manual_doc": operation(shape, act, doc or {})}  # type: ignore[attr-defined]
            self.add_url_rule(rule, act.__name__, view, methods=[method])
            return act

        return decorate


def _view(shape: Shape, act: View) -> View:
    body = shape.body() if shape.body else None
    query = shape.query()
    answer = shape.answer() if shape.answer else None

    def view(**path: str) -> Response:
        # Anyone may ask for an order with its secret, yet nobody else may keep the answer; nor one of health.
        g.public = shape.access.public and not shape.secret and not shape.reads_itself
        done = act(_call(shape, body, query), **path)
        if isinstance(done, Response):
            return done
        if answer is None:
            return make_response("", shape.status)
        made = jsonify(answer.dump(done))
        made.status_code = shape.status
        return made

    view.__name__, view.__doc__ = act.__name__, act.__doc__
    return view


def _call(shape: Shape, body: Schema | None, query: Schema) -> Call:
    """Token first, so that a stranger learns nothing about fields; then headers, query and body."""
    found = parts()
    if shape.reads_itself:
        return Call(caller=g.caller, services=found.services.bind(token=None, call_id=g.call_id))
    credentials = credentials_of_request(found.keys)
    g.caller = credentials.caller
    authorise(credentials.caller, shape.access)
    key = (
        ""
        if shape.key == "none"
        else reading.read_idempotency_key(request.headers, required=shape.key == "required")
    )
    return Call(
        caller=credentials.caller,
        services=found.services.bind(token=credentials.token, call_id=g.call_id),
        key=key,
        order_secret=reading.read_order_secret(request.headers) if shape.secret else None,
        query=reading.load(query, reading.read_query(request)),
        body=_body(shape, body),
    )


def _body(shape: Shape, body: Schema | None) -> dict[str, Any]:
    if shape.method == "GET":
        return {}
    if body is None:
        return reading.load(Nothing(), reading.read_no_body(request))
    return reading.load(body, reading.read_json(request))
