"""The bank's HTTP face: the merchant's API under /api, the payer's page under /pay."""

import hmac
from typing import Any

from flask import Flask, Response, jsonify, request, url_for
from werkzeug.exceptions import HTTPException

from sandbox import clock
from sandbox.bank.notifying import Notifier
from sandbox.bank.page import create_page
from sandbox.bank.refusals import BankRefusal, invalid
from sandbox.bank.requests import read_refund_request, read_session_request
from sandbox.bank.sessions import SessionBook, get_session, open_session, refund
from sandbox.bank.views import refund_view, session_view

Answer = tuple[Response, int] | Response


def create_app(*, api_key: str, notifier: Notifier, public_url: str | None = None) -> Flask:
    """The bank as a WSGI app, with an empty book of sessions."""
    app = Flask(__name__)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    book = SessionBook()
    app.register_blueprint(create_page(book, notifier))
    _add_guards(app, api_key)
    _add_session_calls(app, book, public_url)
    _add_refund_calls(app, book)
    app.add_url_rule("/healthz", "healthz", lambda: jsonify(status="ok"))
    return app


def _add_guards(app: Flask, api_key: str) -> None:
    @app.before_request
    def check_api_key() -> None:
        given = request.headers.get("Authorization", "").encode()
        if request.path.startswith("/api/") and not hmac.compare_digest(given, f"Bearer {api_key}".encode()):
            raise BankRefusal(401, "unauthorized", "The API key is missing or wrong.")

    @app.errorhandler(BankRefusal)
    def refuse(refusal: BankRefusal) -> Answer:
        return jsonify(code=refusal.code, message=refusal.message), refusal.status

    @app.errorhandler(HTTPException)
    def refuse_http(error: HTTPException) -> Answer:
        code = error.name.lower().replace(" ", "_")
        return jsonify(code=code, message=error.description), error.code or 500


def _add_session_calls(app: Flask, book: SessionBook, public_url: str | None) -> None:
    @app.post("/api/sessions")
    def post_session() -> Answer:
        session, is_new = open_session(book, read_session_request(_json_body()), clock.now())
        # The payer's browser may know the bank by another address than the merchant does.
        path = url_for("page.show", session_id=session.session_id)
        pay_url = (public_url or request.host_url).rstrip("/") + path
        return jsonify(session_view(session) | {"pay_url": pay_url}), 201 if is_new else 200

    @app.get("/api/sessions/<session_id>")
    def read_session(session_id: str) -> Answer:
        return jsonify(session_view(get_session(book, session_id, clock.now())))


def _add_refund_calls(app: Flask, book: SessionBook) -> None:
    @app.post("/api/sessions/<session_id>/refunds")
    def post_refund(session_id: str) -> Answer:
        made, is_new = refund(book, session_id, read_refund_request(_json_body()), clock.now())
        return jsonify(refund_view(made)), 201 if is_new else 200

    @app.get("/api/sessions/<session_id>/refunds")
    def read_refunds(session_id: str) -> Answer:
        session = get_session(book, session_id, clock.now())
        return jsonify(refunds=[refund_view(made) for made in session.refunds])


def _json_body() -> Any:
    try:
        return request.get_json()
    except RecursionError:
        # JSON nested thousands deep is malformed to us, not a fault of ours.
        raise invalid("body", "is nested too deeply") from None
