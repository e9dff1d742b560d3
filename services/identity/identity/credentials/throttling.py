"""How often somebody may try to sign in: 10 times in 15 minutes, whether the identifier exists or not."""

import math
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.calls.caller import ANONYMOUS
from chassis.clock import now
from chassis.database.turns import wait_for_turn
from contracts.refusals import Refusal
from identity.hashing import keyed_hash
from identity.models import SignInAttempt

MAX_TRIES = 10
WINDOW = timedelta(minutes=15)


def attempt_key(key: bytes, kind: str, identifier: str) -> str:
    """Return what the tries of one identifier are counted under, without keeping the identifier."""
    return keyed_hash(key, "sign_in", kind, identifier)


def count_attempt(session: Session, attempts_of: str) -> bool:
    """Count one try before it is judged; refuse with `too_many_attempts` when there were too many.

    Answers whether it is the last that counts, so that those who try on are written down once, not each time.

    Counting first, one after the other for each identifier, leaves nothing to gain by guessing in parallel.
    """
    wait_for_turn(session, attempts_of)
    at = now()
    recent = session.scalars(
        select(SignInAttempt.tried_at)
        .where(SignInAttempt.key == attempts_of, SignInAttempt.tried_at > at - WINDOW)
        .order_by(SignInAttempt.tried_at.desc())
        .limit(MAX_TRIES)
    ).all()
    if len(recent) >= MAX_TRIES:
        wait_s = (recent[-1] + WINDOW - at).total_seconds()
        raise Refusal("too_many_attempts", retry_after_s=max(1, math.ceil(wait_s)))
    session.add(SignInAttempt(key=attempts_of, tried_at=at))
    return len(recent) == MAX_TRIES - 1


def note_last_attempt(session: Session, way: str, known_id: str | None) -> None:
    """Write down that somebody has no try left; nothing of what they typed, but whom it concerns."""
    audit.record(session, ANONYMOUS, "sign_in_tries_used_up", known_id or "unknown", way=way)


def forget_attempts(session: Session, attempts_of: str) -> None:
    """A success: the tries before it were its owner's."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.key == attempts_of))


def drop_old_attempts(session: Session) -> None:
    """Keep no try longer than it counts."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.tried_at < now() - WINDOW))
