"""Partner sites: who may place orders from outside, and through which channel."""

from collections.abc import Mapping
from typing import cast

from sqlalchemy.orm import Session

from chassis import audit
from chassis.calls.caller import Caller
from chassis.clock import now
from chassis.database.idempotency import once
from chassis.ids import new_id
from chassis.log import get_logger
from contracts.identity import PartnerCredential
from contracts.programmes import Programme
from contracts.refusals import Refusal
from identity.hashing import hash_client_secret, new_client_secret
from identity.input_rules import MAX_LABEL_CHARS, check_text
from identity.models import Partner

log = get_logger()


def create_partner(
    session: Session,
    caller: Caller,
    programmes: Mapping[str, Programme],
    *,
    idempotency_key: str,
    name: str,
    channel: str,
) -> PartnerCredential:
    """Create a partner; its secret is answered this once and kept only as a hash."""
    label = check_text("name", name, MAX_LABEL_CHARS)
    own = [programme for code, programme in programmes.items() if caller.works_for(code)]
    if not any(channel in programme.channels for programme in own):
        raise Refusal("channel_unknown", field="channel")
    answer = once(
        session,
        caller=caller.subject,
        operation="create_partner",
        key=idempotency_key,
        request={"name": name, "channel": channel},
        act=lambda: _create(session, caller, label, channel),
        redact=("client_secret",),
    )
    return cast(PartnerCredential, answer)


def _create(session: Session, caller: Caller, name: str, channel: str) -> PartnerCredential:
    secret = new_client_secret()
    partner = Partner(
        id=new_id("par"),
        name=name,
        channel=channel,
        secret_hash=hash_client_secret(secret),
        created_at=now(),
        created_by=caller.subject,
    )
    session.add(partner)
    session.flush()
    audit.record(session, caller, "partner_created", partner.id, channel=channel)
    log.info("partner_created", partner_id=partner.id, channel=channel)
    return {
        "partner_id": partner.id,
        "name": name,
        "channel": channel,
        "client_id": partner.id,
        "client_secret": secret,
    }
