"""Only what the bank signed itself, lately, is believed."""

import hmac
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.refusals import Refusal
from wallet.notifications import is_signed, read_notification

SECRET = "a-secret"
AT = datetime(2025, 7, 6, 7, tzinfo=UTC)
BODY = json.dumps(
    {"session_id": "ses_1", "merchant_reference": "pay_1", "amount_cents": 1500, "status": "paid"}
)


def signature(body: str = BODY, secret: str = SECRET, at: datetime = AT) -> str:
    seconds = int(at.timestamp())
    digest = hmac.new(secret.encode(), f"{seconds}.{body}".encode(), sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def test_a_signed_notification_is_read() -> None:
    said = read_notification(BODY, signature(), secret=SECRET, at=AT)
    assert (said.merchant_reference, said.amount_cents, said.status) == ("pay_1", 1500, "paid")


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_or_future_signature_is_refused(minutes: int) -> None:
    with pytest.raises(Refusal, match="not_allowed"):
        read_notification(BODY, signature(), secret=SECRET, at=AT + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("body", "given_signature"),
    [
        (BODY, signature(secret="another")),
        (BODY.replace("1500", "15"), signature()),
        (BODY, signature().replace("t=", "t=1")),
        (BODY, signature().partition(",")[0]),
        (BODY, "t=,v1="),
        (BODY, "t=²,v1=é"),
        (BODY, ""),
        (BODY, signature() + "0" * 200),
    ],
)
def test_any_other_signature_is_refused(body: str, given_signature: str) -> None:
    with pytest.raises(Refusal, match="not_allowed"):
        read_notification(body, given_signature, secret=SECRET, at=AT)


@given(st.text(), st.text())
def test_no_text_is_taken_for_a_signature(body: str, given_signature: str) -> None:
    assert not is_signed(body, given_signature, secret=SECRET, at=AT)


@pytest.mark.parametrize(
    "body",
    [
        "no json",
        "[]",
        "{}",
        BODY.replace("1500", "true"),
        BODY.replace("1500", "15.0"),
        BODY.replace('"paid"', '"gone"'),
        BODY.replace('"pay_1"', "null"),
        "[" * 9_000,
    ],
)
def test_a_signed_body_of_another_shape_names_the_body(body: str) -> None:
    with pytest.raises(Refusal, match="invalid_field") as refused:
        read_notification(body, signature(body), secret=SECRET, at=AT)
    assert refused.value.field == "body"
