"""What `identity` reads from its environment."""

from collections.abc import Mapping
from dataclasses import dataclass

from chassis.database.settings import ServiceSettings
from chassis.settings import text_files
from contracts.programmes import Programme, read_programmes


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """`fingerprint_key` (32 bytes) keys every hash of something guessable; see `hashing.py`."""

    token_signing_key: str
    fingerprint_key: bytes
    family_quotient_api_url: str
    family_quotient_api_token: str
    family_quotient_recipient: str


def load_programmes(settings: Settings) -> Mapping[str, Programme]:
    """Every programme of the folder, by its code."""
    return read_programmes(text_files(settings.programmes_dir, ".toml"))
