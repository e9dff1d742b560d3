"""Client credentials: partners and devices exchange their id and secret for a token (RFC 6749 §4.4)."""

from datetime import timedelta

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from chassis.clock import now
from contracts.identity import Token
from identity.credentials.sign_in import Gate, refused
from identity.credentials.throttling import count_attempt, note_last_attempt
from identity.credentials.tokens import Principal
from identity.hashing import client_secret_fits
from identity.models import Device, Partner

MAX_CLIENT_ID_CHARS = 60
# A device that asks for tokens without need does not write each time.
SEEN_TO_THE = timedelta(minutes=1)


def issue_client_token(gate: Gate, *, client_id: str, client_secret: str) -> Token:
    """Return a token, or refuse without saying what was wrong.

    Only wrong secrets are counted, and a right one passes however many came before: nobody guesses 256
    bits, and nobody may lock a provider's till out by trying.
    """
    with gate.transaction() as session:
        principal = _find_client(session, client_id, client_secret)
    if principal is None:
        with gate.transaction() as session:
            if count_attempt(session, gate.attempts_of("client", client_id)):
                known = _find_known(session, client_id)
                note_last_attempt(session, "client", known.id if known else None)
        raise refused("client")
    return gate.admit("client", principal)


def _find_client(session: Session, client_id: str, client_secret: str) -> Principal | None:
    client = _find_known(session, client_id)
    fits = client_secret_fits(client_secret, client.secret_hash if client else None)
    if not fits or client is None:
        return None
    if isinstance(client, Partner):
        return Principal(kind="partner", subject=client.id, channel=client.channel)
    if client.revoked_at is not None:
        return None
    _note_seen(session, client.id)
    return Principal(kind="device", subject=client.id, provider_id=client.provider_id, site_id=client.site_id)


def _note_seen(session: Session, device_id: str) -> None:
    """Here rather than at each scan: a device that is used asks for a token every quarter of an hour."""
    at = now()
    stale = or_(Device.last_seen_at.is_(None), Device.last_seen_at < at - SEEN_TO_THE)
    session.execute(update(Device).where(Device.id == device_id, stale).values(last_seen_at=at))


def _find_known(session: Session, client_id: str) -> Device | Partner | None:
    if len(client_id) > MAX_CLIENT_ID_CHARS or not client_id.isascii() or not client_id.isprintable():
        return None
    return session.get(Device, client_id) or session.get(Partner, client_id)
