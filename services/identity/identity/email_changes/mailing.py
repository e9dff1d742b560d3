"""What the two mails of a change say, told to `notify` when it sends them: the code, and the notice."""

from sqlalchemy.orm import Session

from chassis.clock import now, rfc3339
from contracts.identity import EmailChangeNotice, MailedCode
from contracts.refusals import Refusal
from identity.email_changes.codes import PURPOSE
from identity.email_changes.models import EmailChange
from identity.mailed_digits import digits_of

HIDDEN = "•••"


def get_email_change_code(session: Session, key: bytes, *, email_change_id: str) -> MailedCode:
    """Return address and digits, while they are worth sending. Refusals: ``not_found``."""
    change = session.get(EmailChange, email_change_id)
    is_over = change is None or change.confirmed_at is not None or change.expires_at <= now()
    if change is None or is_over or change.new_email is None:
        raise Refusal("not_found")
    return {
        "email": change.new_email,
        "code": digits_of(key, PURPOSE, change.id),
        "expires_at": rfc3339(change.expires_at),
    }


def get_email_change_notice(session: Session, *, email_change_id: str) -> EmailChangeNotice:
    """Return the address of before, until it was notified. Refusals: ``not_found``."""
    change = session.get(EmailChange, email_change_id)
    if change is None or change.confirmed_at is None or not change.old_email or not change.new_email:
        raise Refusal("not_found")
    return {
        "email": change.old_email,
        "new_email_masked": masked(change.new_email),
        "changed_at": rfc3339(change.confirmed_at),
    }


def masked(email: str) -> str:
    """``l•••@e•••.org``: its owner knows it again, and nobody else can write to it."""
    local, _, domain = email.rpartition("@")
    name, _, ending = domain.rpartition(".")
    return f"{local[:1]}{HIDDEN}@{name[:1]}{HIDDEN}.{ending}"
