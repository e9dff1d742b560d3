"""Cards: what they are, their voucher, their pots and use, and what happens when one is lost."""

import base64
import io
from http import HTTPStatus
from typing import Any

import segno
from starlette.responses import Response

from contracts.access import access_of
from gateway.call import Call, ask
from gateway.endpoint import Resource
from gateway.schemas.base import PageQuery
from gateway.schemas.cards import CardAnswer, LookupRequest, PotsAnswer, RevocationRequest, SavingsAnswer
from gateway.schemas.redemptions import RedemptionsAnswer

cards = Resource("cards", "Cards. `id` is opaque: a number or QR text never stands in an address.")

QR_SCALE = 8
PRIVATE = "private, no-store"


def _file_doc(media_type: str, **problems: str) -> dict[str, Any]:
    schema = {"type": "string"} if media_type.startswith("image/svg") else {}
    ok = {"description": "OK", "content": {media_type: {"schema": schema}}}
    return {"responses": {"200": ok, **problems}}


# A revoked card's voucher is not printed any more.
VOUCHER_DOC = _file_doc("application/pdf", **{str(HTTPStatus.CONFLICT.value): HTTPStatus.CONFLICT.name})


@cards.get("/cards/<id:card_id>", access=access_of("cards.get_card"), answer=CardAnswer)
async def get_card(call: Call, card_id: str) -> Any:
    """A card."""
    return await ask(call.services.cards.get_card, card_id=card_id)


@cards.get("/cards/<id:card_id>/voucher.pdf", access=access_of("notify.render_voucher"), doc=VOUCHER_DOC)
async def get_voucher(call: Call, card_id: str) -> Response:
    """The card's voucher as it was mailed."""
    document = await ask(call.services.notify.render_voucher, card_id=card_id)
    headers = {"Content-Disposition": _inline(document["filename"]), "Cache-Control": PRIVATE}
    return Response(base64.b64decode(document["content"]), headers=headers, media_type=document["media_type"])


@cards.get(
    "/cards/<id:card_id>/qr.svg", access=access_of("cards.get_voucher"), doc=_file_doc("image/svg+xml")
)
async def get_qr(call: Call, card_id: str) -> Response:
    """The card's QR code (error level Q)."""
    voucher = await ask(call.services.cards.get_voucher, card_id=card_id)
    drawing = io.BytesIO()
    segno.make(voucher["qr_text"], error="q", boost_error=False, micro=False).save(
        drawing, kind="svg", scale=QR_SCALE
    )
    headers = {"Cache-Control": PRIVATE}
    return Response(drawing.getvalue(), headers=headers, media_type="image/svg+xml")


@cards.get("/cards/<id:card_id>/pot", access=access_of("cards.get_pots"), answer=PotsAnswer)
async def get_pots(call: Call, card_id: str) -> Any:
    """What the card may still spend."""
    return await ask(call.services.cards.get_pots, card_id=card_id)


@cards.get("/cards/<id:card_id>/savings", access=access_of("cards.get_savings"), answer=SavingsAnswer)
async def get_savings(call: Call, card_id: str) -> Any:
    """What all visits of the card and of those that it replaced have saved, beside its price."""
    return await ask(call.services.cards.get_savings, card_id=card_id)


@cards.get(
    "/cards/<id:card_id>/redemptions",
    access=access_of("cards.find_card_redemptions"),
    query=PageQuery,
    answer=RedemptionsAnswer,
)
async def find_card_redemptions(call: Call, card_id: str) -> Any:
    """The use of the card and of those that it replaced, newest visit first."""
    return await ask(call.services.cards.find_card_redemptions, card_id=card_id, **call.query)


@cards.post(
    "/cards/lookup", access=access_of("cards.lookup_card"), body=LookupRequest, answer=CardAnswer, key="none"
)
async def lookup_card(call: Call) -> Any:
    """Find a card by what is printed on it."""
    return await ask(call.services.cards.lookup_card, **call.body)


@cards.post(
    "/cards/<id:card_id>/revocation",
    access=access_of("cards.revoke_card"),
    body=RevocationRequest,
    answer=CardAnswer,
)
async def revoke_card(call: Call, card_id: str) -> Any:
    """The card may no longer be used."""
    return await ask(
        call.services.cards.revoke_card, idempotency_key=call.key, card_id=card_id, reason=call.body["reason"]
    )


@cards.post(
    "/cards/<id:card_id>/reissue", access=access_of("cards.reissue_card"), answer=CardAnswer, status=201
)
async def reissue_card(call: Call, card_id: str) -> Any:
    """A new card for a revoked one."""
    return await ask(call.services.cards.reissue_card, idempotency_key=call.key, card_id=card_id)


def _inline(filename: str) -> str:
    """Only characters that cannot end the quoted string."""
    safe = "".join(c for c in filename if c.isascii() and (c.isalnum() or c in "._-"))
    return f'inline; filename="{safe or "document"}"'
