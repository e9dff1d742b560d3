"""How secrets and guessable facts are hashed: passwords slowly, random secrets fast, facts with a key."""

import hashlib
import hmac
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

CLIENT_SECRET_BYTES = 32
ONE_TIME_PASSWORD_BYTES = 15
# OWASP's parameters for argon2id: about 20 ms a sign-in, enough against a stolen table of passwords.
_PASSWORDS = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def keyed_hash(key: bytes, purpose: str, *parts: str) -> str:
    """Return the HMAC-SHA256 (hex) of the parts; two purposes never give the same hash for one fact."""
    message = "\x1f".join((purpose, *parts)).encode("utf-8", "surrogatepass")
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def new_client_secret() -> str:
    """Return a new secret of 256 random bits."""
    return secrets.token_urlsafe(CLIENT_SECRET_BYTES)


def hash_client_secret(secret: str) -> str:
    """Return the SHA-256 (hex) of a client's secret.

    256 random bits cannot be guessed however fast the hash is, and devices ask for a token every few
    minutes: a slow hash would cost much and protect nothing.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def client_secret_fits(secret: str, stored_hash: str | None) -> bool:
    """Compare in constant time; nothing fits a missing hash."""
    return hmac.compare_digest(hash_client_secret(secret), stored_hash or "")


def new_one_time_password() -> str:
    """Return a password of 120 random bits, to be changed at the first sign-in."""
    return secrets.token_urlsafe(ONE_TIME_PASSWORD_BYTES)


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password that a person chose."""
    return _PASSWORDS.hash(password)


def password_fits(password: str, stored_hash: str | None) -> bool:
    """Say whether the password fits; takes as long for a missing hash, so that nobody learns who exists."""
    try:
        return _PASSWORDS.verify(stored_hash or _nobodys_hash(), password) and stored_hash is not None
    except VerificationError:
        return False


@cache
def _nobodys_hash() -> str:
    return _PASSWORDS.hash(secrets.token_urlsafe(CLIENT_SECRET_BYTES))
