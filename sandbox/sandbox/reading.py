"""Reads the mails that the mail server kept: for the demo, the tests and a curious person."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from sandbox.mailbox.faults import write_faults
from sandbox.mailbox.keeping import recipient_folder

__all__ = ["Attachment", "Mail", "read_mail", "read_mails", "wait_for_mails", "write_faults"]

poll_delay_s = 0.05


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file in a mail."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A kept mail: `recipient` is who the server delivered it to, `to` what the header says."""

    path: Path
    received_at: datetime
    recipient: str
    message_id: str
    sender: str
    to: str
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...]


def read_mails(folder: Path, recipient: str | None = None) -> list[Mail]:
    """All mails kept in the folder, or those of one recipient, oldest first."""
    box = folder / recipient_folder(recipient) if recipient else folder
    found = [(path.stat().st_mtime_ns, _number(path), path) for path in box.rglob("*.eml")]
    return [read_mail(path) for *_, path in sorted(found)]


def read_mail(path: Path) -> Mail:
    """One mail of the folder; missing headers and parts are empty texts."""
    message = message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=default)
    return Mail(
        path=path,
        received_at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        recipient=_header(message, "Delivered-To"),
        message_id=_header(message, "Message-ID"),
        sender=_header(message, "From"),
        to=_header(message, "To"),
        subject=_header(message, "Subject"),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        attachments=tuple(_attachment(part) for part in message.iter_attachments()),
    )


def wait_for_mails(
    folder: Path,
    wanted: Callable[[Mail], bool] = lambda mail: True,
    *,
    count: int = 1,
    recipient: str | None = None,
    timeout_s: float = 10.0,
) -> list[Mail]:
    """The wanted mails, as soon as there are `count` of them; raises TimeoutError after `timeout_s`."""
    deadline_s = time.monotonic() + timeout_s
    while True:
        mails = [mail for mail in read_mails(folder, recipient) if wanted(mail)]
        if len(mails) >= count:
            return mails
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"{len(mails)} of {count} mails after {timeout_s} s")
        time.sleep(poll_delay_s)


def _number(path: Path) -> int:
    prefix = path.name.split("-", 1)[0]
    return int(prefix) if prefix.isdigit() else 0


def _header(message: EmailMessage, name: str) -> str:
    return str(message.get(name, "")).strip()


def _body(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    return str(part.get_content()) if part else ""


def _attachment(part: EmailMessage) -> Attachment:
    payload = part.get_payload(decode=True)
    return Attachment(
        name=part.get_filename() or "",
        media_type=part.get_content_type(),
        content=payload if isinstance(payload, bytes) else b"",
    )
