"""The hosted payment page: the payer sees what is asked, pays or refuses, and goes back to the merchant."""

import json
import math

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from sandbox import clock
from sandbox.bank.notifying import Notifier
from sandbox.bank.refusals import BankRefusal
from sandbox.bank.sessions import PaymentSession, SessionBook, decide, get_session
from sandbox.bank.texts import TEXTS, amount_text, choose_language
from sandbox.bank.views import session_view

late_delay_s_default = 3.0
late_delay_s_max = 600.0

# How often, and after how many seconds, the merchant is told; `late` waits as long as the form says.
notification_choices = ("once", "twice", "late", "never")


def create_page(book: SessionBook, notifier: Notifier) -> Blueprint:
    """The page's routes over this book of sessions."""
    page = Blueprint("page", __name__)

    @page.get("/pay/<session_id>")
    def show(session_id: str) -> Response:
        return _page(get_session(book, session_id, clock.now()), 200)

    @page.post("/pay/<session_id>")
    def choose(session_id: str) -> BaseResponse:
        choice = request.form.get("choice")
        notification = request.form.get("notification", "once")
        if choice not in ("pay", "refuse") or notification not in notification_choices:
            abort(400, "choice or notification is not known")
        session, changed = decide(book, session_id, choice, clock.now())  # type: ignore[arg-type]
        if session.status == "expired":
            return _page(session, 410)
        # A second click finds the payment decided: nothing changes, and nobody is told twice by accident.
        if changed:
            _notify(notifier, session, notification)
        return redirect(session.request.return_url, 303)

    page.register_error_handler(BankRefusal, _refuse)
    return page


def _notify(notifier: Notifier, session: PaymentSession, notification: str) -> None:
    body = json.dumps(session_view(session), ensure_ascii=False).encode()
    delays_s = {"once": [0.0], "twice": [0.0, 0.0], "late": [_late_delay_s()], "never": []}[notification]
    for delay_s in delays_s:
        notifier.schedule(session.session_id, session.request.notify_url, body, delay_s=delay_s)


def _late_delay_s() -> float:
    try:
        delay_s = float(request.form.get("delay_s", late_delay_s_default))
    except ValueError:
        return late_delay_s_default
    return min(max(delay_s, 0.0), late_delay_s_max) if math.isfinite(delay_s) else late_delay_s_default


def _page(session: PaymentSession, status: int) -> Response:
    language = choose_language(request)
    html = render_template(
        "pay.html",
        session=session,
        language=language,
        texts=TEXTS[language],
        amount=amount_text(session.request.amount_cents, language),
        late_delay_s=int(late_delay_s_default),
    )
    return _safe(html, status)


def _refuse(refusal: BankRefusal) -> Response:
    language = choose_language(request)
    html = render_template("pay.html", session=None, language=language, texts=TEXTS[language])
    return _safe(html, refusal.status)


def _safe(html: str, status: int) -> Response:
    response = make_response(html, status)
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
