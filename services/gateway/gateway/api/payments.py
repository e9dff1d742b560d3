"""The bank's side of payments: its notifications, and the page to which it sends people back."""

from typing import Any

from starlette.responses import Response

from contracts.access import OPEN, access_of
from gateway.call import Call, ask
from gateway.endpoint import Resource
from gateway.pages import page_answer, rendered
from gateway.problems import Problem
from gateway.reading import read_body

SIGNATURE_CHARACTERS_MAX = 300

payments = Resource("payments", "For the bank.")

NOTIFICATION_DOC: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
    "parameters": [
        {
            "in": "header",
            "name": "Bank-Signature",
            "required": True,
            "schema": {"type": "string", "maxLength": SIGNATURE_CHARACTERS_MAX},
            "description": '`t=<unix time>,v1=<hex HMAC-SHA256 of "t.body">`',
        }
    ],
}
RETURN_DOC = {
    "responses": {"200": {"description": "OK", "content": {"text/html": {"schema": {"type": "string"}}}}}
}


@payments.post(
    "/payments/notifications",
    access=access_of("wallet.record_payment_notification"),
    status=204,
    reads_itself=True,
    key="none",
    doc=NOTIFICATION_DOC,
)
async def record_notification(call: Call) -> None:
    """The bank says what became of a payment; the signature covers the raw body."""
    signature = call.asked.header("Bank-Signature")
    if not signature or len(signature) > SIGNATURE_CHARACTERS_MAX:
        raise Problem("not_allowed", detail="Bank-Signature is missing or too long")
    try:
        body = (await read_body(call.asked)).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem("malformed_body") from error
    await ask(call.services.wallet.record_payment_notification, body=body, signature=signature)


@payments.get("/payments/return", access=OPEN, reads_itself=True, doc=RETURN_DOC)
async def show_return_page(call: Call) -> Response:
    """The page that people come back to from the bank."""
    return page_answer(rendered("payment_return.html"))
