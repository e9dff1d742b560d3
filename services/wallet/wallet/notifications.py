"""The bank's notifications: only what it signed itself, and lately, is believed.

`Bank-Signature: t=<unix seconds>,v1=<hex of HMAC-SHA256(secret, "<t>." + body)>`.
"""

import hmac
import json
from datetime import datetime
from hashlib import sha256

from contracts.refusals import Refusal
from wallet.bank import BankSession, BankUnavailable, read_session

# An older signature may have been recorded and played again.
MAX_AGE_S = 5 * 60
MAX_BODY_CHARACTERS = 10_000
MAX_SIGNATURE_CHARACTERS = 200


def read_notification(body: str, signature: str, *, secret: str, at: datetime) -> BankSession:
    """What the bank says; ``at`` is real time. Refuses ``not_allowed`` without a good signature, and
    ``invalid_field`` where a signed body is not the session it should be."""
    if not is_signed(body, signature, secret=secret, at=at):
        raise Refusal("not_allowed")
    try:
        values = json.loads(body)
        return read_session(values if isinstance(values, dict) else {})
    except (ValueError, RecursionError, BankUnavailable):
        raise Refusal("invalid_field", field="body", rule="is not a payment session") from None


def is_signed(body: str, signature: str, *, secret: str, at: datetime) -> bool:
    """True where the bank signed this body within the last minutes (its clock may run ahead of ours)."""
    if len(body) > MAX_BODY_CHARACTERS or len(signature) > MAX_SIGNATURE_CHARACTERS:
        return False
    parts = dict(part.strip().partition("=")[::2] for part in signature.split(","))
    signed_at, given = parts.get("t", ""), parts.get("v1", "")
    if not (signed_at.isascii() and signed_at.isdigit() and len(signed_at) <= 12):
        return False
    if abs(at.timestamp() - int(signed_at)) > MAX_AGE_S:
        return False
    message = f"{signed_at}.{body}".encode("utf-8", "surrogatepass")
    wanted = hmac.new(secret.encode(), message, sha256).hexdigest()
    return hmac.compare_digest(wanted.encode(), given.encode("utf-8", "surrogatepass"))
