"""Scanning devices: created with a one-time code by their provider, enrolled once, revoked for good."""

import secrets
from datetime import timedelta
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.calls.caller import Caller
from chassis.clock import now, rfc3339
from chassis.database.idempotency import once
from chassis.ids import new_id
from chassis.log import get_logger
from contracts.identity import DeviceCredential, Enrolment
from contracts.offers import OffersRpc
from contracts.refusals import Refusal
from identity.hashing import hash_client_secret, keyed_hash, new_client_secret
from identity.input_rules import MAX_LABEL_CHARS, check_text
from identity.models import Device

CODE_CHARS = 8
CODE_LIFETIME = timedelta(minutes=15)
# Crockford's base 32, which leaves out I, L, O and U. 40 random bits for 15 minutes: even a thousand
# guesses a second would find one of ten open codes once in some 100,000 of those quarters of an hour.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("OIL", "011", "- ")

log = get_logger()


def check_site(caller: Caller, offers: OffersRpc, *, provider_id: str, site_id: str) -> None:
    """Refuse unless the caller may add devices to the provider, and the provider has the site.

    Asks `offers`, so it must be called outside of any transaction.
    """
    if not _is_own(caller, provider_id):
        raise Refusal("not_found", field="provider_id")
    provider = offers.get_provider(provider_id=provider_id)
    if not caller.works_for(*provider["programmes"]):
        raise Refusal("not_found", field="provider_id")
    if provider["state"] != "accepted":
        raise Refusal("provider_not_accepted", field="provider_id")
    if site_id not in {site["id"] for site in provider["sites"]}:
        raise Refusal("not_found", field="site_id")


def create_device(
    session: Session,
    caller: Caller,
    key: bytes,
    *,
    idempotency_key: str,
    provider_id: str,
    site_id: str,
    label: str,
) -> Enrolment:
    """Create a device (after `check_site`); its enrolment code is answered this once."""
    checked = check_text("label", label, MAX_LABEL_CHARS)
    answer = once(
        session,
        caller=caller.subject,
        operation="create_device",
        key=idempotency_key,
        request={"provider_id": provider_id, "site_id": site_id, "label": label},
        act=lambda: _create(session, caller, key, provider_id, site_id, checked),
        redact=("enrolment_code",),
    )
    return cast(Enrolment, answer)


def _create(
    session: Session, caller: Caller, key: bytes, provider_id: str, site_id: str, label: str
) -> Enrolment:
    code, at = "".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARS)), now()
    device = Device(
        id=new_id("dev"),
        provider_id=provider_id,
        site_id=site_id,
        label=label,
        enrolment_hash=_code_hash(key, code),
        enrolment_expires_at=at + CODE_LIFETIME,
        created_at=at,
        created_by=caller.subject,
    )
    session.add(device)
    session.flush()
    audit.record(session, caller, "device_created", device.id, provider_id=provider_id, site_id=site_id)
    log.info("device_created", device_id=device.id, provider_id=provider_id, site_id=site_id)
    return {
        "device_id": device.id,
        "provider_id": provider_id,
        "site_id": site_id,
        "enrolment_code": code,
        "expires_at": rfc3339(device.enrolment_expires_at),
    }


def enrol_device(session: Session, key: bytes, *, enrolment_code: str) -> DeviceCredential:
    """Exchange the code for the device's credential, once; one refusal for every code that does not fit."""
    device = session.execute(
        select(Device).where(Device.enrolment_hash == _code_hash(key, enrolment_code)).with_for_update()
    ).scalar_one_or_none()
    if device is None or device.revoked_at is not None or device.enrolment_expires_at <= now():
        raise Refusal("sign_in_refused")
    secret = new_client_secret()
    device.enrolment_hash, device.secret_hash, device.enrolled_at = None, hash_client_secret(secret), now()
    audit.record(session, device.id, "device_enrolled", device.id, provider_id=device.provider_id)
    log.info("device_enrolled", device_id=device.id, provider_id=device.provider_id)
    return {
        "device_id": device.id,
        "provider_id": device.provider_id,
        "site_id": device.site_id,
        "client_id": device.id,
        "client_secret": secret,
    }


def revoke_device(session: Session, caller: Caller, *, idempotency_key: str, device_id: str) -> None:
    """No further token for the device; a token that is out runs at most `tokens.TOKEN_LIFETIME_S`."""
    once(
        session,
        caller=caller.subject,
        operation="revoke_device",
        key=idempotency_key,
        request={"device_id": device_id},
        act=lambda: _revoke(session, caller, device_id),
    )


def _revoke(session: Session, caller: Caller, device_id: str) -> None:
    device = session.execute(
        select(Device).where(Device.id == device_id).with_for_update()
    ).scalar_one_or_none()
    if device is None or not _is_own(caller, device.provider_id):
        raise Refusal("not_found")
    if device.revoked_at is None:
        device.revoked_at, device.revoked_by, device.enrolment_hash = now(), caller.subject, None
        audit.record(session, caller, "device_revoked", device.id, provider_id=device.provider_id)
        log.info("device_revoked", device_id=device.id, provider_id=device.provider_id)


def _is_own(caller: Caller, provider_id: str) -> bool:
    return caller.role != "provider_manager" or caller.provider_id == provider_id


def _code_hash(key: bytes, code: str) -> str:
    # Keyed, because 40 bits without a key could be tried out by whoever holds a copy of the table.
    return keyed_hash(key, "enrolment", code.upper().translate(_READ_AS))
