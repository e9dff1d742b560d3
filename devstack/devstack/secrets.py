"""A complete set of secrets for one folder, made at random once; there is no default password anywhere."""

import base64
import hashlib
import json
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from devstack.pids import replace_text

FILE_NAME = "secrets.json"
DATABASE_SERVICES = ("identity", "cards", "wallet", "offers", "notify")


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """Keys are hex of 32 bytes, `token_*` JWK / JWKS JSON text (RFC 8037), passwords URL-safe text."""

    token_signing_key: str
    token_public_keys: str
    fingerprint_key: str
    sealing_key: str
    number_hash_key: str
    bank_api_key: str
    bank_notification_secret: str
    family_quotient_api_token: str
    amqp_password: str
    database_admin_password: str
    database_passwords: dict[str, str]


def load_secrets(folder: Path) -> Secrets:
    """The secrets of a folder: those in its `secrets.json` (mode 600), or new ones that are written there."""
    path = folder / FILE_NAME
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        replace_text(path, json.dumps(asdict(make_secrets()), indent=1))
    stored = json.loads(path.read_text())
    return Secrets(**{field.name: stored[field.name] for field in fields(Secrets)})


def make_secrets() -> Secrets:
    """A new set."""
    signing_key, public_keys = make_token_keys()
    return Secrets(
        token_signing_key=signing_key,
        token_public_keys=public_keys,
        fingerprint_key=secrets.token_hex(32),
        sealing_key=secrets.token_hex(32),
        number_hash_key=secrets.token_hex(32),
        bank_api_key=secrets.token_urlsafe(24),
        bank_notification_secret=secrets.token_hex(32),
        family_quotient_api_token=secrets.token_urlsafe(24),
        amqp_password=secrets.token_urlsafe(24),
        database_admin_password=secrets.token_urlsafe(24),
        database_passwords={service: secrets.token_urlsafe(24) for service in DATABASE_SERVICES},
    )


def make_token_keys() -> tuple[str, str]:
    """An Ed25519 pair: the private JWK and the JWKS with its public half; kid is the key's thumbprint."""
    private = Ed25519PrivateKey.generate()
    public_jwk = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(private.public_key().public_bytes_raw())}
    # RFC 7638: the hash of the required members in alphabetical order, without spaces.
    thumbprint = hashlib.sha256(json.dumps(public_jwk, separators=(",", ":")).encode()).digest()
    public_jwk |= {"kid": _base64url(thumbprint), "alg": "EdDSA", "use": "sig"}
    private_jwk = public_jwk | {"d": _base64url(private.private_bytes_raw())}
    return json.dumps(private_jwk), json.dumps({"keys": [public_jwk]})


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
