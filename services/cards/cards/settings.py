"""What the cards service needs from its environment."""

from dataclasses import dataclass

from cards.sealing import KEY_BYTES, Keys
from chassis.database.settings import ServiceSettings


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """``SEALING_KEY`` and ``NUMBER_HASH_KEY`` are 32 bytes each, in hexadecimal."""

    sealing_key: bytes
    number_hash_key: bytes

    def problems(self) -> list[str]:
        """A short key would still work, and protect nothing."""
        found = super().problems()
        for name in ("sealing_key", "number_hash_key"):
            if len(getattr(self, name)) != KEY_BYTES:
                found.append(f"{name.upper()} must be {KEY_BYTES} bytes in hexadecimal")
        return found

    @property
    def keys(self) -> Keys:
        """Both keys together, as the rules take them."""
        return Keys(sealing=self.sealing_key, number_hash=self.number_hash_key)
