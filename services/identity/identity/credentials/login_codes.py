"""Holders sign in with six digits sent by e-mail: 10 minutes, five tries, only the newest code counts."""

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.calls.caller import ANONYMOUS
from chassis.clock import now, rfc3339
from chassis.events.outbox import announce, stamp
from chassis.ids import new_id
from chassis.log import get_logger
from contracts.identity import LoginCodeRequested, MailedCode, Token
from contracts.refusals import Refusal
from identity.credentials.lasting_sign_ins import begin
from identity.credentials.sign_in import Gate, refused
from identity.credentials.throttling import count_attempt, forget_attempts, note_last_attempt
from identity.credentials.tokens import Principal
from identity.input_rules import normalise_email
from identity.mailed_digits import digits_fit, digits_of
from identity.models import Account, LoginCode

PURPOSE = "login_code"
LIFETIME = timedelta(minutes=10)
MAX_TRIES = 5
# More mails than this within a code's lifetime help nobody but a joker.
MAX_CODES = 3
KEPT_FOR = timedelta(days=1)

log = get_logger()


def request_login_code(session: Session, *, email: str) -> None:
    """Have a code mailed if the address has an account; the answer is the same if it has none."""
    account = _find_account(session, email)
    if account is None:
        return
    at = now()
    recent = select(func.count()).where(
        LoginCode.account_id == account.id, LoginCode.created_at > at - LIFETIME
    )
    if session.execute(recent).scalar_one() >= MAX_CODES:
        return
    code = LoginCode(
        id=new_id("lgc"), account_id=account.id, attempts=0, created_at=at, expires_at=at + LIFETIME
    )
    session.add(code)
    audit.record(session, ANONYMOUS, "login_code_requested", account.id, login_code_id=code.id)
    announce(session, LoginCodeRequested(**stamp(), login_code_id=code.id))
    log.info("login_code_requested", login_code_id=code.id)


def get_login_code(session: Session, key: bytes, *, login_code_id: str) -> MailedCode:
    """Return the digits for the mail that carries them, while they are worth sending."""
    code = session.get(LoginCode, login_code_id)
    if code is None or code.used_at is not None or code.expires_at <= now():
        raise Refusal("not_found")
    account = session.get_one(Account, code.account_id)
    return {
        "email": account.email,
        "code": digits_of(key, PURPOSE, code.id),
        "expires_at": rfc3339(code.expires_at),
    }


def issue_email_code_token(gate: Gate, *, email: str, code: str) -> Token:
    """Return the holder's token, or refuse without saying what was wrong."""
    attempts_of = gate.attempts_of("holder", normalise_email(email))
    with gate.transaction() as session:
        is_last = count_attempt(session, attempts_of)
        account_id = _use_code(session, gate.key, email, code)
        if account_id is not None:
            forget_attempts(session, attempts_of)
            audit.record(session, account_id, "signed_in", account_id, way="holder")
            principal = Principal(kind="holder", subject=account_id)
            renewal = begin(session, principal)
        elif is_last:
            account = _find_account(session, email)
            note_last_attempt(session, "holder", account.id if account else None)
    # Outside of the transaction, so that the try stays counted.
    if account_id is None:
        raise refused("holder")
    return gate.admit("holder", principal, renewal)


def _use_code(session: Session, key: bytes, email: str, typed: str) -> str | None:
    account = _find_account(session, email)
    if account is None:
        return None
    code = session.scalars(
        select(LoginCode)
        .where(LoginCode.account_id == account.id)
        .order_by(LoginCode.created_at.desc(), LoginCode.id.desc())
        .limit(1)
        .with_for_update()
    ).one_or_none()
    if code is None or code.used_at is not None or code.attempts >= MAX_TRIES or code.expires_at <= now():
        return None
    code.attempts += 1
    if not digits_fit(key, PURPOSE, code.id, typed):
        return None
    code.used_at = now()
    return account.id


def _find_account(session: Session, email: str) -> Account | None:
    if not email.isprintable():
        return None
    return session.execute(
        select(Account).where(Account.email == normalise_email(email)).with_for_update()
    ).scalar_one_or_none()


def drop_old_codes(session: Session) -> None:
    """Keep no code longer than it takes to look into a complaint."""
    session.execute(delete(LoginCode).where(LoginCode.expires_at < now() - KEPT_FOR))
