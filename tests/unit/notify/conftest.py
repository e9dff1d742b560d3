"""A card, its holder, and a message to write about them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.cards import VoucherView
from contracts.identity import Contact
from notify.models import Message

QR_TEXT = "OCY1:ABCDEFGHIJKLMNOPQRSTUVWX23"


@pytest.fixture
def card_of() -> Callable[..., VoucherView]:
    """``card_of("occygene-2020", "family")``: what `cards` answers for a voucher."""

    def make(programme: str, card_type: str, **fields: Any) -> VoucherView:
        card: VoucherView = {
            "card_id": "card_1",
            "programme": programme,
            "card_type": card_type,
            "holder_id": "per_1",
            "number": "4971203355180426",
            "qr_text": QR_TEXT,
            "card_code": "0472",
            "valid_from": "2020-07-06",
            "valid_until": "2021-06-30",
            "adults": 2,
            "children": 3,
            "revoked": False,
        }
        return VoucherView(**{**card, **fields})  # type: ignore[typeddict-item]

    return make


@pytest.fixture
def amira() -> Contact:
    return Contact(
        email="amira@example.org", given_name="Amira", family_name="Benali-Roux", organisation=None
    )


@pytest.fixture
def message_of() -> Callable[..., Message]:
    """``message_of("receipt", facts={…})``: a message as it stands in the table."""

    def make(kind: str, **fields: Any) -> Message:
        written_at = datetime(2020, 7, 6, 8, 0, tzinfo=UTC)
        return Message(**{"id": "msg_1", "kind": kind, "facts": {}, "created_at": written_at, **fields})

    return make
