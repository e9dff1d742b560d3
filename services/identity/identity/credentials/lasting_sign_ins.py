"""Sign-ins that last longer than an access token: how they begin, go on by one token more, and end."""

import math
from datetime import timedelta
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.calls.caller import ANONYMOUS
from chassis.clock import now
from chassis.ids import new_id
from chassis.log import get_logger
from chassis.metrics import counter
from contracts.identity import Renewal
from contracts.refusals import Refusal
from identity.credentials.models import RefreshToken, SignIn
from identity.credentials.tokens import Principal
from identity.hashing import hash_client_secret, new_client_secret

# From the sign-in, however often it is renewed: a working day, and a holiday with the days before it.
LIFETIMES = {"staff": timedelta(hours=12), "holder": timedelta(days=30)}
# A page that is open in several tabs renews several times; who renews more than this has gone astray.
MAX_RENEWALS = 60
WINDOW = timedelta(minutes=15)

EndedBy = Literal["signed_out", "token_reused", "password_changed"]
log = get_logger()
sign_ins_ended_total = counter("identity_sign_ins_ended_total", "Sign-ins ended before their time.", ["why"])


def begin(session: Session, principal: Principal) -> Renewal:
    """Keep that somebody of a kind in ``LIFETIMES`` has signed in; return the first token to renew it."""
    at = now()
    sign_in = SignIn(
        id=new_id("sgn"),
        kind=principal.kind,
        subject=principal.subject,
        created_at=at,
        expires_at=at + LIFETIMES[principal.kind],
    )
    session.add(sign_in)
    session.flush()
    return hand_out(session, sign_in)


def hold(session: Session, refresh_token: str) -> SignIn | None:
    """Return the token's sign-in, locked: whoever renews or ends it takes their turn."""
    sign_in_id = session.scalar(
        select(RefreshToken.sign_in_id).where(RefreshToken.token_hash == hash_client_secret(refresh_token))
    )
    return session.get(SignIn, sign_in_id, with_for_update=True) if sign_in_id else None


def hand_out(session: Session, sign_in: SignIn) -> Renewal:
    """Return one token more of the sign-in, which is locked or new; ``refresh_expires_in`` is in seconds."""
    at, token = now(), new_client_secret()
    _refuse_too_many(session, sign_in)
    session.add(RefreshToken(token_hash=hash_client_secret(token), sign_in_id=sign_in.id, created_at=at))
    return {
        "refresh_token": token,
        "refresh_expires_in": math.floor((sign_in.expires_at - at).total_seconds()),
    }


def _refuse_too_many(session: Session, sign_in: SignIn) -> None:
    at = now()
    full_since = session.scalar(
        select(RefreshToken.created_at)
        .where(RefreshToken.sign_in_id == sign_in.id, RefreshToken.created_at > at - WINDOW)
        .order_by(RefreshToken.created_at.desc())
        .offset(MAX_RENEWALS)
        .limit(1)
    )
    if full_since is not None:
        wait_s = (full_since + WINDOW - at).total_seconds()
        raise Refusal("too_many_attempts", retry_after_s=max(1, math.ceil(wait_s)))


def end(session: Session, sign_in: SignIn, why: EndedBy) -> None:
    """End the sign-in, which is locked: no token of it renews anything any more."""
    session.execute(delete(SignIn).where(SignIn.id == sign_in.id))
    # A token says whose it is, not who holds it: a stolen one would be written down under its owner's name.
    actor = ANONYMOUS if why == "token_reused" else sign_in.subject
    audit.record(session, actor, "sign_in_ended", sign_in.subject, sign_in_id=sign_in.id, why=why)
    sign_ins_ended_total.labels(why).inc()
    log.info("sign_in_ended", sign_in_id=sign_in.id, subject=sign_in.subject, why=why)


def end_all(session: Session, subject: str, why: EndedBy) -> None:
    """End whatever sign-ins the account has."""
    theirs = select(SignIn).where(SignIn.subject == subject).order_by(SignIn.id).with_for_update()
    for sign_in in session.scalars(theirs).all():
        end(session, sign_in, why)


def drop_what_is_over(session: Session) -> None:
    """Keep no sign-in, and no token of it, longer than it lasts."""
    session.execute(delete(SignIn).where(SignIn.expires_at <= now()))
