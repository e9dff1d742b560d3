"""A provider's manager, or an officer for it, writes an offer down: a draft that nobody sees yet."""

from collections.abc import Mapping
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.calls.caller import Caller
from chassis.clock import now
from chassis.database.idempotency import once
from chassis.ids import new_id
from chassis.log import get_logger
from contracts.offers import OfferRequest, OfferView
from contracts.programmes import Programme
from contracts.refusals import Refusal
from offers import models
from offers.access import require_acting_for
from offers.input_rules import refuse
from offers.offer_shape import check_offer
from offers.views import offer_view, sites_of

# A limit on a provider's offers is a limit on the public listing's answers.
MAX_OFFERS_PER_PROVIDER = 200

log = get_logger()


def create_offer(
    session: Session,
    caller: Caller,
    programmes: Mapping[str, Programme],
    *,
    idempotency_key: str,
    provider_id: str,
    offer: OfferRequest,
) -> OfferView:
    """Keep a draft. Refusals: ``not_found``, ``invalid_field``, ``programme_unknown``,
    ``card_type_unknown``."""
    require_acting_for(caller, provider_id)
    answer = once(
        session,
        caller=caller.subject,
        operation="create_offer",
        key=idempotency_key,
        request={"provider_id": provider_id, "offer": offer},
        act=lambda: _create(session, caller, programmes, provider_id, offer),
    )
    return cast(OfferView, answer)


def _create(
    session: Session,
    caller: Caller,
    programmes: Mapping[str, Programme],
    provider_id: str,
    offer: OfferRequest,
) -> OfferView:
    # The row is locked so that two drafts at once cannot both be the last that fits.
    provider = session.get(models.Provider, provider_id, with_for_update=True)
    if provider is None:
        raise Refusal("not_found")
    # A programme that the officer does not work for is as unknown to them as none.
    if not caller.works_for(offer["programme"]):
        raise Refusal("programme_unknown", field="programme")
    programme = _programme(provider, programmes, offer["programme"])
    _check_room(session, provider_id)
    own_sites = [site.id for site in sites_of(session, [provider_id])[provider_id]]
    checked = check_offer(offer, programme, own_sites)
    draft = _draft(provider_id, checked)
    session.add(draft)
    session.flush()
    audit.record(session, caller, "offer_drafted", draft.id, provider_id=provider_id)
    log.info("offer_drafted", offer_id=draft.id, provider_id=provider_id)
    return offer_view(draft)


def _programme(provider: models.Provider, programmes: Mapping[str, Programme], code: str) -> Programme:
    if code not in programmes:
        raise Refusal("programme_unknown", field="programme")
    if code not in provider.programmes:
        raise refuse(
            "programme",
            "un dispositif dont le prestataire fait partie",
            "a scheme that the provider is part of",
        )
    return programmes[code]


def _check_room(session: Session, provider_id: str) -> None:
    count = session.scalar(
        select(func.count()).select_from(models.Offer).where(models.Offer.provider_id == provider_id)
    )
    if (count or 0) >= MAX_OFFERS_PER_PROVIDER:
        most = MAX_OFFERS_PER_PROVIDER
        raise refuse("body", f"au plus {most} offres par prestataire", f"at most {most} offers a provider")


def _draft(provider_id: str, offer: OfferRequest) -> models.Offer:
    fields = {**offer, "title": dict(offer["title"])}
    return models.Offer(
        id=new_id("off"), provider_id=provider_id, version=0, state="draft", created_at=now(), **fields
    )
