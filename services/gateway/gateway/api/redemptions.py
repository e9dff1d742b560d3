"""The scan: quotes, redemptions, undo."""

from typing import Any

from contracts.access import access_of
from gateway.call import Call, ask
from gateway.endpoint import Resource
from gateway.scan_metrics import measured
from gateway.schemas.redemptions import (
    RedemptionAnswer,
    RedemptionsAnswer,
    RedemptionsQuery,
    ScanAnswer,
    ScanRequest,
)

redemptions = Resource("redemptions", "The scan of a card at a provider's.")

CANCELLED_HEADER = "Redemption-Cancelled-At"
REDEEM_DOC: dict[str, Any] = {
    "responses": {
        "201": {
            "headers": {
                CANCELLED_HEADER: {
                    "description": "Only where a key is sent again whose redemption was cancelled meanwhile: "
                    "the answer is the same as ever, and no longer stands.",
                    "schema": {"type": "string", "format": "date-time"},
                }
            }
        }
    }
}


@redemptions.post("/quotes", access=access_of("cards.quote"), body=ScanRequest, answer=ScanAnswer, key="none")
async def quote(call: Call) -> Any:
    """The price for this card, without effect."""
    return await ask(call.services.cards.quote, scan=call.body)  # type: ignore[arg-type]


@redemptions.post(
    "/redemptions",
    access=access_of("cards.redeem"),
    body=ScanRequest,
    answer=ScanAnswer,
    status=201,
    key="required",
    doc=REDEEM_DOC,
)
async def redeem(call: Call) -> Any:
    """Redeem an offer with a card; the same key again answers the same and counts once."""
    with measured(call.asked.started, call.body) as scan:
        scan.answer = await ask(call.services.cards.redeem, idempotency_key=call.key, scan=call.body)  # type: ignore[arg-type]
        if cancelled_at := scan.answer.get("cancelled_at"):
            call.asked.answer_headers[CANCELLED_HEADER] = cancelled_at
    return scan.answer


@redemptions.get(
    "/redemptions",
    access=access_of("cards.find_device_redemptions"),
    query=RedemptionsQuery,
    answer=RedemptionsAnswer,
)
async def find_device_redemptions(call: Call) -> Any:
    """The device's last scans."""
    return await ask(call.services.cards.find_device_redemptions, **call.query)


@redemptions.post(
    "/redemptions/<id:redemption_id>/cancellation",
    access=access_of("cards.cancel_redemption"),
    answer=RedemptionAnswer,
)
async def cancel_redemption(call: Call, redemption_id: str) -> Any:
    """Undo a redemption: the device within 15 minutes, an officer until it is settled."""
    return await ask(
        call.services.cards.cancel_redemption, idempotency_key=call.key, redemption_id=redemption_id
    )
