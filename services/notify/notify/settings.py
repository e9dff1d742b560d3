"""What `notify` reads from its environment."""

from dataclasses import dataclass
from email.utils import parseaddr

from chassis.database.settings import ServiceSettings
from notify.smtp import read_smtp_url


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """`smtp_url`: see `smtp.read_smtp_url`; `mail_from`: an address, with or without a name before it."""

    smtp_url: str
    mail_from: str

    def problems(self) -> list[str]:
        """A mail server or a sender that cannot be stops the start, not the first message."""
        found = super().problems()
        try:
            read_smtp_url(self.smtp_url)
        except ValueError as error:
            found.append(f"SMTP_URL {error}")
        if not all(parseaddr(self.mail_from)[1].partition("@")):
            found.append("MAIL_FROM must be an e-mail address")
        return found
