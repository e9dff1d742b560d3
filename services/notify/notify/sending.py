"""The sending loop: lease a few messages; write each, hand it to the mail server, note how it went."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic, sleep

from sqlalchemy import func, select

from chassis.calls.client import RpcUnavailable
from chassis.clock import real_now
from chassis.database.engine import Database, is_transient
from chassis.log import bind_call_id, failure, get_logger
from chassis.metrics import counter, gauge, histogram
from contracts.neighbours import Neighbours
from contracts.programmes import Programme
from contracts.refusals import Refusal
from notify.asking import Answers, ask_ahead
from notify.composing import NothingToSay, compose
from notify.leasing import LEASE_S, Lease, Outcome, give_back, lease_due, settle
from notify.mails import own_name
from notify.models import Message
from notify.smtp import Conversation, NotNow, SmtpServer, Undeliverable

TURN_MESSAGES_MAX = 50
# Asked for, leased and said to the mail server together: ten save nine tenths of what these cost.
BATCH_MAX = 10
# A batch that has taken this long gives the rest back: a sign-in code does not wait behind ten slow mails,
# and no message of a batch has less of its lease left than a message alone.
BATCH_S = 1.0
# What must be left of the lease when the mail server is called, or another worker might be sending too.
SMTP_MAX_S = 100
SETTLE_TRIES_MAX = 20
SETTLE_PAUSE_S = 1

log = get_logger()
_messages = counter(
    "messages_total", "Attempts to send a message, by what became of them.", ("kind", "outcome")
)
_seconds = histogram("message_sending_seconds", "From a message's turn to the mail server's yes.", ("kind",))
_overdue = gauge("messages_overdue_seconds", "How long the most overdue message has waited.")
_unsent = gauge("messages_unsent", "Messages that are due or failed.", ("state",))


@dataclass(frozen=True, kw_only=True)
class Office:
    """All that sending needs. `neighbours(call_id)` go on under the call id that the message began with."""

    db: Database
    neighbours: Callable[[str], Neighbours]
    programmes: Mapping[str, Programme]
    server: SmtpServer
    mail_from: str


def send_due(office: Office) -> int:
    """Send what is due, batch after batch; answers how many messages were tried."""
    tried = 0
    while tried < TURN_MESSAGES_MAX:
        batch = send_batch(office)
        if not batch:
            break
        tried += batch
    return tried


def send_batch(office: Office) -> int:
    """Try to send the next few due messages; answers how many were tried, 0 when none is due."""
    started = monotonic()
    with office.db.transaction() as session:
        lease = lease_due(session, real_now(), BATCH_MAX)
    if lease is None:
        return 0
    known = ask_ahead(lease.messages, office.neighbours(bind_call_id(None)))
    tried = 0
    with closing(Conversation(office.server, own_name(office.mail_from))) as talk:
        for message in lease.messages:
            send(office, message, lease.until, known, talk)
            tried += 1
            if monotonic() - started > BATCH_S:
                break
    _give_back(office.db, lease, tried)
    return tried


def send(office: Office, message: Message, until: datetime, known: Answers, talk: Conversation) -> None:
    """Try to send one message of a batch that is leased `until` then, and write down how it went."""
    call_id = bind_call_id(message.call_id)
    started = monotonic()
    outcome = attempt(office, message, until, known, talk, call_id)
    kept = _settle_surely(office.db, message, outcome)
    _report(message, outcome, monotonic() - started, kept)


def attempt(
    office: Office, message: Message, until: datetime, known: Answers, talk: Conversation, call_id: str
) -> Outcome:
    """Write and hand over one message; whatever happens has an outcome, and none names a person."""
    try:
        mail = compose(message, office.neighbours(call_id), known, office.programmes, office.mail_from)
        if real_now() > until - timedelta(seconds=SMTP_MAX_S):
            raise NotNow("lease_too_short")
        talk.deliver(mail)
        return Outcome(state="sent")
    except NothingToSay as nothing:
        return Outcome(state="void", error=str(nothing))
    except Refusal as refusal:
        return _refused(refusal)
    except Undeliverable as refused:
        return Outcome(state="failed", error=refused.code)
    except NotNow as later:
        return Outcome(state="due", error=later.code)
    except RpcUnavailable:
        return Outcome(state="due", error="neighbour_away")
    except Exception as error:
        # One message that cannot be written must not stop the others, and its error may name a person.
        log.error("message_not_written", message_id=message.id, kind=message.kind, **failure(error))
        return Outcome(state="due", error="internal")


def watch_backlog(db: Database) -> None:
    """Show what waits and what failed."""
    with db.transaction() as session:
        rows = session.execute(select(Message.state, func.count()).group_by(Message.state)).all()
        oldest = session.scalar(select(func.min(Message.due_at)).where(Message.state == "due"))
    counts = {row.state: row[1] for row in rows}
    for state in ("due", "failed"):
        _unsent.labels(state).set(counts.get(state, 0))
    _overdue.set(max(0.0, (real_now() - oldest).total_seconds()) if oldest else 0)


def _give_back(db: Database, lease: Lease, tried: int) -> None:
    if tried < len(lease.messages):
        with db.transaction() as session:
            give_back(session, lease.messages[tried:])


def _settle_surely(db: Database, message: Message, outcome: Outcome) -> bool:
    """A database that is away for a moment must not make a mail, already taken, leave a second time."""
    for _ in range(SETTLE_TRIES_MAX - 1):
        try:
            return _settle(db, message, outcome)
        except Exception as error:
            if not is_transient(error):
                raise
            sleep(SETTLE_PAUSE_S)
    return _settle(db, message, outcome)


def _settle(db: Database, message: Message, outcome: Outcome) -> bool:
    with db.transaction() as session:
        return settle(session, message, outcome, real_now())


def _refused(refusal: Refusal) -> Outcome:
    if refusal.code == "try_again":
        return Outcome(state="due", error=refusal.code)
    # Who or what the message is about is gone: an expired code, a person who was erased.
    return Outcome(state="void" if refusal.code == "not_found" else "failed", error=refusal.code)


def _report(message: Message, outcome: Outcome, took_s: float, kept: bool) -> None:
    _messages.labels(message.kind, outcome.state).inc()
    fields = {"message_id": message.id, "kind": message.kind, "subject_id": message.subject_id}
    if outcome.state == "sent":
        _seconds.labels(message.kind).observe(took_s)
        log.info("message_sent", **fields, attempts=message.attempts)
    else:
        log.warning("message_not_sent", **fields, outcome=outcome.state, reason=outcome.error)
    if not kept:
        log.error("lease_lost", **fields)


assert LEASE_S > SMTP_MAX_S
