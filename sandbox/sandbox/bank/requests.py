"""What a merchant may send: each body is checked field by field before the bank acts on it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from sandbox.bank.refusals import invalid

reference_chars_max = 64
description_chars_max = 200
url_chars_max = 2000
amount_cents_max = 10_000_000


@dataclass(frozen=True, kw_only=True)
class SessionRequest:
    """A merchant asks for one payment of `amount_cents` euro cents, known to it as `merchant_reference`."""

    merchant_reference: str
    amount_cents: int
    description: str
    return_url: str
    notify_url: str


@dataclass(frozen=True, kw_only=True)
class RefundRequest:
    """A merchant gives back `amount_cents` euro cents, known to it as `refund_reference`."""

    refund_reference: str
    amount_cents: int


def read_session_request(body: object) -> SessionRequest:
    """The checked body of a new session; raises BankRefusal 422 naming the field and the rule."""
    names = ("merchant_reference", "amount_cents", "currency", "description", "return_url", "notify_url")
    fields = _fields(body, names)
    if fields["currency"] != "EUR":
        raise invalid("currency", "must be EUR")
    return SessionRequest(
        merchant_reference=_text(fields, "merchant_reference", reference_chars_max),
        amount_cents=_amount(fields),
        description=_text(fields, "description", description_chars_max),
        return_url=_url(fields, "return_url"),
        notify_url=_url(fields, "notify_url"),
    )


def read_refund_request(body: object) -> RefundRequest:
    """The checked body of a refund; raises BankRefusal 422 naming the field and the rule."""
    fields = _fields(body, ("refund_reference", "amount_cents"))
    return RefundRequest(
        refund_reference=_text(fields, "refund_reference", reference_chars_max), amount_cents=_amount(fields)
    )


def _fields(body: object, names: tuple[str, ...]) -> dict[str, object]:
    if not isinstance(body, dict):
        raise invalid("body", "must be a JSON object")
    for name in names:
        if name not in body:
            raise invalid(name, "is required")
    for name in body:
        if name not in names:
            raise invalid(name, "is not known")
    return body


def _text(fields: dict[str, object], name: str, chars_max: int) -> str:
    value = fields[name]
    if not isinstance(value, str) or not value.strip() or len(value) > chars_max:
        raise invalid(name, f"must be a text of 1 to {chars_max} characters")
    # JSON can escape half a character, which no answer could repeat.
    if not value.isprintable():
        raise invalid(name, "must be printable on one line")
    return value


def _amount(fields: dict[str, object]) -> int:
    value = fields["amount_cents"]
    # bool is an int in Python, and `true` is not an amount.
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= amount_cents_max:
        raise invalid("amount_cents", f"must be a whole number from 1 to {amount_cents_max}")
    return value


def _url(fields: dict[str, object], name: str) -> str:
    value = _text(fields, name, url_chars_max)
    if not _is_web_address(value):
        raise invalid(name, "must be an http or https address")
    return value


def _is_web_address(value: str) -> bool:
    if not value.isascii() or not value.isprintable() or " " in value:
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
