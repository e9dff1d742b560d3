"""A conversation with the mail server: each mail is taken, refused for good, or to be tried again."""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

# Each step of the conversation; about eight of them make a mail.
STEP_TIMEOUT_S = 10
PLAIN, STARTTLS = "smtp", "smtp+starttls"
DEFAULT_PORTS = {PLAIN: 25, STARTTLS: 587}


class Undeliverable(Exception):
    """The server refused this very message or its recipient for good; `code` says how, never to whom."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotNow(Exception):
    """It did not go this time and may go later; `code` is an SMTP reply code or a word."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class SmtpServer:
    """Where mail is handed over. `encrypted`: STARTTLS or nothing, the certificate verified."""

    host: str
    port: int
    encrypted: bool
    user: str = ""
    password: str = field(default="", repr=False)


def read_smtp_url(url: str) -> SmtpServer:
    """`smtp://host:port` or `smtp+starttls://user:password@host:port`; raises ValueError with the reason."""
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise ValueError("must be smtp://host:port or smtp+starttls://user:password@host:port")
    if parts.username and parts.scheme == PLAIN:
        raise ValueError("would send its password in clear: use smtp+starttls")
    return SmtpServer(
        host=parts.hostname,
        port=parts.port or DEFAULT_PORTS[parts.scheme],
        encrypted=parts.scheme == STARTTLS,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


class Conversation:
    """The mail server's ear for a few mails in a row: opened by the first, opened anew after any trouble."""

    def __init__(self, server: SmtpServer, own_name: str) -> None:
        self._server, self._own_name = server, own_name
        self._link: smtplib.SMTP | None = None

    def deliver(self, mail: EmailMessage) -> None:
        """Hand the mail over to the server.

        Raises Undeliverable or NotNow. After NotNow nobody can know whether a lost connection swallowed a
        yes: the next try carries the same Message-ID, by which the reader's server can tell.
        """
        try:
            self._listening().send_message(mail)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise _meaning(error) from error

    def close(self) -> None:
        """Say goodbye, if anything was said."""
        link, self._link = self._link, None
        if link is not None:
            # The answer to our goodbye changes nothing: the mails are in the server's hands, or are not.
            with suppress(OSError, smtplib.SMTPException):
                link.quit()
            link.close()

    def _listening(self) -> smtplib.SMTP:
        if self._link is not None and not _still_listens(self._link):
            self.close()
        if self._link is None:
            host, port = self._server.host, self._server.port
            self._link = smtplib.SMTP(host, port, local_hostname=self._own_name, timeout=STEP_TIMEOUT_S)
            _introduce(self._link, self._server)
        return self._link


def _still_listens(link: smtplib.SMTP) -> bool:
    """Asked before each further mail: a server that hung up meanwhile must not cost the mail an attempt."""
    try:
        return link.rset()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def _introduce(link: smtplib.SMTP, server: SmtpServer) -> None:
    if server.encrypted:
        link.starttls(context=ssl.create_default_context())
    if server.user:
        link.login(server.user, server.password)


def _meaning(error: Exception) -> Undeliverable | NotNow:
    """Only replies about the recipient or the message can be final: the rest is between us and the server."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _reply(next(iter(error.recipients.values()))[0])
    if isinstance(error, smtplib.SMTPDataError):
        return _reply(error.smtp_code)
    if isinstance(error, smtplib.SMTPResponseException):
        return NotNow(str(error.smtp_code))
    return NotNow(type(error).__name__)


def _reply(code: int) -> Undeliverable | NotNow:
    return Undeliverable(str(code)) if code >= 500 else NotNow(str(code))
