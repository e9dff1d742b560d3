"""A holder's cards, as the public API tells them."""

from typing import Any
from urllib.parse import quote

from portal.api.client import Api, File

VISITS_A_PAGE = 20


async def get_card(api: Api, token: str, card_id: str) -> dict[str, Any]:
    """A card; of its number only the end."""
    return await api.get(_path(card_id), token=token)


async def get_pots(api: Api, token: str, card_id: str) -> dict[str, Any]:
    """What the card may still spend, in cents, and each pot of it."""
    return await api.get(_path(card_id, "/pot"), token=token)


async def get_savings(api: Api, token: str, card_id: str) -> dict[str, Any]:
    """What all visits saved, in cents, beside the card's price."""
    return await api.get(_path(card_id, "/savings"), token=token)


async def find_visits(api: Api, token: str, card_id: str, cursor: str | None) -> dict[str, Any]:
    """A page of visits, newest first: ``redemptions`` and ``next_cursor``."""
    asked = {"limit": str(VISITS_A_PAGE)} | ({"cursor": cursor} if cursor else {})
    return await api.get(_path(card_id, "/redemptions"), asked, token=token)


async def get_qr(api: Api, token: str, card_id: str) -> File:
    """The QR code as SVG."""
    return await api.file(_path(card_id, "/qr.svg"), token=token)


async def get_voucher(api: Api, token: str, card_id: str) -> File:
    """The voucher as PDF."""
    return await api.file(_path(card_id, "/voucher.pdf"), token=token)


async def revoke(api: Api, token: str, key: str, card_id: str, reason: str) -> dict[str, Any]:
    """The card may no longer be used."""
    return await api.post(_path(card_id, "/revocation"), {"reason": reason}, token=token, key=key)


async def reissue(api: Api, token: str, key: str, card_id: str) -> dict[str, Any]:
    """A new card for a revoked one."""
    return await api.post(_path(card_id, "/reissue"), token=token, key=key)


def _path(card_id: str, of: str = "") -> str:
    return f"/cards/{quote(card_id, safe='')}{of}"
