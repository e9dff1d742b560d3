"""Writes a received message as `<folder>/<recipient>/<n>-<subject>.eml`, with its PDF files beside it."""

import os
import re
import unicodedata
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

slug_chars_max = 60


def keep_message(folder: Path, recipient: str, mail_from: str, content: bytes) -> Path:
    """Keep the message for one recipient; the .eml appears whole, and after its attachments."""
    message = message_from_bytes(content, _class=EmailMessage, policy=default)
    box = folder / recipient_folder(recipient)
    box.mkdir(parents=True, exist_ok=True)
    stem = f"{_next_number(box)}-{slug(str(message.get('Subject', '')), 'sans-objet')}"
    for position, pdf in enumerate(_pdfs(message), start=1):
        name = slug(Path(pdf.get_filename() or "document").stem, "document")
        suffix = f"-{position}" if position > 1 else ""
        payload = pdf.get_payload(decode=True)
        _write(box / f"{stem}-{name}{suffix}.pdf", payload if isinstance(payload, bytes) else b"")
    trace = f"Return-Path: <{mail_from}>\r\nDelivered-To: {recipient}\r\n"
    return _write(box / f"{stem}.eml", trace.encode() + content)


def recipient_folder(recipient: str) -> str:
    """The recipient's address as a folder name, safe on any file system."""
    name = re.sub(r"[^a-z0-9@._+-]", "_", recipient.lower()).lstrip("._")
    return name[:120] or "unknown"


def slug(text: str, otherwise: str) -> str:
    """The text in lower-case ASCII with hyphens, short enough for a file name."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:slug_chars_max].strip("-") or otherwise


def _next_number(box: Path) -> int:
    numbers = [int(name.name.split("-", 1)[0]) for name in box.glob("[0-9]*-*.eml")]
    return max(numbers, default=0) + 1


def _pdfs(message: EmailMessage) -> list[EmailMessage]:
    parts = (part for part in message.walk() if isinstance(part, EmailMessage))
    return [part for part in parts if part.get_content_type() == "application/pdf"]


def _write(path: Path, content: bytes) -> Path:
    # A reader lists *.eml at any moment, so a file gets its name only when it is complete.
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_bytes(content)
    os.replace(unfinished, path)
    return path
