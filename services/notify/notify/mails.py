"""A letter as a mail: plain text and HTML, French then English, a Message-ID that stays the same."""

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from contracts.programmes import Programme
from notify.letters import Letter
from notify.models import Message
from notify.palettes import PALETTES, palette_of
from notify.templating import render


@dataclass(frozen=True, kw_only=True)
class Addressee:
    """Whom a mail goes to; the name is for the greeting."""

    email: str
    given_name: str | None = None


def write_mail(
    message: Message, letter: Letter, to: Addressee, programme: Programme | None, mail_from: str
) -> EmailMessage:
    """The mail of a message. Written again it has the same Message-ID and date, for servers that compare."""
    mail = EmailMessage(policy=SMTP)
    name, address = parseaddr(mail_from)
    mail["From"] = Address(display_name=name, addr_spec=address)
    mail["To"] = Address(addr_spec=to.email)
    mail["Subject"] = f"{letter.subject['fr']} / {letter.subject['en']}"
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = f"<{message.id}@{own_name(mail_from)}>"
    # RFC 3834: no absence notice answers this.
    mail["Auto-Submitted"] = "auto-generated"
    if programme is not None and programme.contact.email:
        mail["Reply-To"] = Address(addr_spec=programme.contact.email)
    palette = palette_of(programme.code) if programme else PALETTES[0]
    values = {"letter": letter, "to": to, "programme": programme, "sender": name, "palette": palette}
    mail.set_content(render("mail.txt.j2", **values), cte="quoted-printable")
    mail.add_alternative(render("mail.html.j2", **values), subtype="html", cte="quoted-printable")
    return mail


def attach_pdf(mail: EmailMessage, content: bytes, filename: str) -> None:
    """Attach a PDF document."""
    mail.add_attachment(content, maintype="application", subtype="pdf", filename=filename)


def own_name(mail_from: str) -> str:
    """The domain in whose name mail is sent."""
    return parseaddr(mail_from)[1].rpartition("@")[2]
