"""How the bank proves that a notification is its own."""

import hmac
from hashlib import sha256

signature_header = "Bank-Signature"


def sign(secret: str, at_s: int, body: bytes) -> str:
    """`t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">`, keyed with the secret's UTF-8 bytes."""
    digest = hmac.new(secret.encode(), f"{at_s}.".encode() + body, sha256).hexdigest()
    return f"t={at_s},v1={digest}"
