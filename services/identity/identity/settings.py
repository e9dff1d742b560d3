"""What `identity` reads from its environment."""

from dataclasses import dataclass

from chassis.settings import ServiceSettings


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """`fingerprint_key` (32 bytes) keys every hash of something guessable; see `hashing.py`."""

    token_signing_key: str
    fingerprint_key: bytes
    family_quotient_api_url: str
    family_quotient_api_token: str
    family_quotient_recipient: str
