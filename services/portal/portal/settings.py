"""The portal's settings: neither a database nor a bus, only where the public API answers."""

from dataclasses import dataclass

from chassis.settings import PlainSettings
from portal.map.tiles import Tiles
from portal.session import SessionKeysError, Sessions


@dataclass(frozen=True, kw_only=True)
class Settings(PlainSettings):
    """``session_keys`` are Fernet keys with commas between them: the first seals, all of them open, so that
    a new one can be put in front of the old. ``proxies_in_front`` write ``X-Forwarded-For`` before it.
    ``map_tiles_url`` is like ``https://tiles.example/{z}/{x}/{y}.png``; without it the map is drawn alone."""

    gateway_url: str
    session_keys: str
    http_port: int
    http_host: str = "0.0.0.0"  # noqa: S104 - a proxy stands in front
    proxies_in_front: int = 0
    map_tiles_url: str = ""
    map_tiles_attribution: str = ""

    @property
    def sessions(self) -> Sessions:
        """What seals and opens the session's cookie."""
        return Sessions(self.session_keys, is_secure=self.environment == "production")

    @property
    def tiles(self) -> Tiles:
        """The pictures under the map."""
        return Tiles(self.map_tiles_url, self.map_tiles_attribution)

    def problems(self) -> list[str]:
        """A key that cannot seal would be noticed by the first visitor only."""
        found = super().problems()
        if not self.gateway_url.startswith(("http://", "https://")):
            found.append("GATEWAY_URL must begin with http:// or https://")
        if self.proxies_in_front < 0:
            found.append("PROXIES_IN_FRONT must not be negative")
        found += self.tiles.problems()
        try:
            Sessions(self.session_keys)
        except SessionKeysError:
            found.append("SESSION_KEYS must be Fernet keys, with commas between them")
        return found
