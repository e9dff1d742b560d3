"""A complete set of secrets for one folder, made at random once; there is no default password anywhere."""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from devstack.host.pids import replace_text

FILE_NAME = "secrets.json"
DATABASE_SERVICES = ("identity", "cards", "wallet", "offers", "notify")
GATEWAY = "gateway"
PORTAL = "portal"
# Whose events reach its pages (`contracts.cards.NEWS_OF_VISITS`).
GATEWAY_HEARS = ("cards",)
SERVICES = (*DATABASE_SERVICES, GATEWAY)


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """Keys are hex of 32 bytes, `token_*` JWK / JWKS JSON text (RFC 8037), passwords URL-safe text,
    `portal_session_keys` Fernet keys with commas between them."""

    token_signing_key: str
    token_public_keys: str
    service_signing_keys: dict[str, str]
    service_public_keys: str
    fingerprint_key: str
    sealing_key: str
    number_hash_key: str
    bank_api_key: str
    bank_notification_secret: str
    family_quotient_api_token: str
    portal_session_keys: str
    amqp_password: str
    amqp_passwords: dict[str, str]
    database_admin_password: str
    database_passwords: dict[str, str]
    database_owner_passwords: dict[str, str]


def load_secrets(folder: Path) -> Secrets:
    """The secrets in a folder's `secrets.json` (mode 600); what is missing there is made and written."""
    path = folder / FILE_NAME
    stored = json.loads(path.read_text()) if path.exists() else {}
    names = {field.name for field in fields(Secrets)}
    if names - stored.keys():
        # A folder of an older version keeps its data, so it keeps its keys too.
        stored = asdict(make_secrets()) | stored
        folder.mkdir(parents=True, exist_ok=True)
        replace_text(path, json.dumps(stored, indent=1))
    return Secrets(**{name: stored[name] for name in names})


def make_secrets() -> Secrets:
    """A new set."""
    signing_key, public_keys = make_token_keys()
    service_signing_keys, service_public_keys = make_service_keys()
    return Secrets(
        token_signing_key=signing_key,
        token_public_keys=public_keys,
        service_signing_keys=service_signing_keys,
        service_public_keys=service_public_keys,
        fingerprint_key=secrets.token_hex(32),
        sealing_key=secrets.token_hex(32),
        number_hash_key=secrets.token_hex(32),
        bank_api_key=secrets.token_urlsafe(24),
        bank_notification_secret=secrets.token_hex(32),
        family_quotient_api_token=secrets.token_urlsafe(24),
        portal_session_keys=Fernet.generate_key().decode(),
        amqp_password=secrets.token_urlsafe(24),
        amqp_passwords={user: secrets.token_urlsafe(24) for user in (*DATABASE_SERVICES, GATEWAY)},
        database_admin_password=secrets.token_urlsafe(24),
        database_passwords={service: secrets.token_urlsafe(24) for service in DATABASE_SERVICES},
        database_owner_passwords={service: secrets.token_urlsafe(24) for service in DATABASE_SERVICES},
    )


def make_token_keys() -> tuple[str, str]:
    """An Ed25519 pair: the private JWK and the JWKS with its public half; kid is the key's thumbprint."""
    private, public = _key_pair()
    # RFC 7638: the hash of the required members in alphabetical order, without spaces.
    thumbprint = _base64url(hashlib.sha256(json.dumps(public, separators=(",", ":")).encode()).digest())
    return _as_jwk(private, thumbprint), _as_jwks([_as_jwk(public, thumbprint)])


def make_service_keys(services: Iterable[str] = SERVICES) -> tuple[dict[str, str], str]:
    """An Ed25519 private JWK for each service, and the JWKS of all public halves; kid is the name."""
    pairs = {service: _key_pair() for service in services}
    private = {service: _as_jwk(pair[0], service) for service, pair in pairs.items()}
    return private, _as_jwks([_as_jwk(public, service) for service, (_, public) in pairs.items()])


def _key_pair() -> tuple[dict[str, str], dict[str, str]]:
    """The required members of the private and the public JWK (RFC 8037 §2), in alphabetical order."""
    private = Ed25519PrivateKey.generate()
    public = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(private.public_key().public_bytes_raw())}
    return public | {"d": _base64url(private.private_bytes_raw())}, public


def _as_jwk(members: dict[str, str], key_id: str) -> str:
    return json.dumps(members | {"kid": key_id, "alg": "EdDSA", "use": "sig"})


def _as_jwks(jwks: list[str]) -> str:
    return json.dumps({"keys": [json.loads(jwk) for jwk in jwks]})


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
