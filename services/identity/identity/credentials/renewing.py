"""Renewing a sign-in (RFC 6749 §6) and signing out: each refresh token is good once (ADR 0045)."""

from datetime import timedelta

from sqlalchemy.orm import Session

from chassis.clock import now
from contracts.identity import Renewal, Token
from identity.credentials.lasting_sign_ins import end, hand_out, hold
from identity.credentials.models import RefreshToken, SignIn
from identity.credentials.sign_in import Gate, refused
from identity.credentials.staff_sign_in import principal_of
from identity.credentials.tokens import Principal
from identity.hashing import hash_client_secret
from identity.models import Account, Staff

# Two tabs renew at once with the token that they share; so does who asks again when an answer was lost.
GRACE = timedelta(seconds=10)


def issue_renewed_token(gate: Gate, *, refresh_token: str) -> Token:
    """Return new tokens for an old refresh token, saying what the account says now; or refuse.

    A token that comes back after its time ends the sign-in: one of the two who have it has stolen it.
    """
    with gate.transaction() as session:
        renewed = _renew(session, refresh_token)
    # Outside of the transaction, so that what was ended stays ended.
    if renewed is None:
        raise refused("renewal")
    return gate.admit("renewal", *renewed)


def _renew(session: Session, refresh_token: str) -> tuple[Principal, Renewal] | None:
    at, sign_in = now(), hold(session, refresh_token)
    if sign_in is None or sign_in.expires_at <= at:
        return None
    token = session.get_one(RefreshToken, hash_client_secret(refresh_token))
    if token.used_at is not None and token.used_at + GRACE < at:
        end(session, sign_in, "token_reused")
        return None
    principal = _principal_now(session, sign_in)
    if principal is None:
        return None
    token.used_at = token.used_at or at
    return principal, hand_out(session, sign_in)


def _principal_now(session: Session, sign_in: SignIn) -> Principal | None:
    if sign_in.kind == "staff":
        staff = session.get(Staff, sign_in.subject)
        return principal_of(staff) if staff else None
    account = session.get(Account, sign_in.subject)
    return Principal(kind="holder", subject=account.id) if account else None


def end_sign_in(session: Session, *, refresh_token: str) -> None:
    """Sign out: end the token's sign-in. One that is over or unknown is no error (RFC 7009 §2.2)."""
    sign_in = hold(session, refresh_token)
    if sign_in is not None:
        end(session, sign_in, "signed_out")
