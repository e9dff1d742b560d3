"""What the wallet's environment says beyond what every service needs."""

from dataclasses import dataclass

from chassis.database.settings import ServiceSettings


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """Where the bank is, the key we show it, and the secret with which it signs what it tells us."""

    bank_api_url: str
    bank_api_key: str
    bank_notification_secret: str
