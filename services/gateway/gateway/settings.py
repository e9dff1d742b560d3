"""The gateway's settings: it has no database, and reads no programme file of its own."""

from dataclasses import dataclass

from chassis.settings import ProcessSettings
from gateway.streams.hub import STREAMS_MAX


@dataclass(frozen=True, kw_only=True)
class Settings(ProcessSettings):
    """``calls_in_flight`` may wait for services at once, ``streams_max`` be open; whoever comes then is
    answered 503."""

    http_port: int
    http_host: str = "0.0.0.0"  # noqa: S104 - a proxy stands in front
    http_reuse_port: int = 0
    calls_in_flight: int = 1_000
    streams_max: int = STREAMS_MAX
    proxies_in_front: int = 0
    throttle_scale: int = 1

    def problems(self) -> list[str]:
        """Limits that were raised for load generators would be missed by nobody until they were needed."""
        found = super().problems()
        if self.proxies_in_front < 0:
            found.append("PROXIES_IN_FRONT must not be negative")
        if self.calls_in_flight < 1:
            found.append("CALLS_IN_FLIGHT must be at least 1")
        if self.streams_max < 0:
            found.append("STREAMS_MAX must not be negative")
        if self.throttle_scale < 1:
            found.append("THROTTLE_SCALE must be at least 1")
        if self.environment == "production" and self.throttle_scale != 1:
            found.append("THROTTLE_SCALE raises the limits of callers and is refused in production")
        return found
