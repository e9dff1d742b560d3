"""An officer publishes an offer that keeps its programme's rules; its provider or an officer withdraws it."""

from collections.abc import Mapping
from typing import cast

from sqlalchemy.orm import Session

from chassis import audit
from chassis.calls.caller import Caller
from chassis.clock import now
from chassis.database.idempotency import once
from chassis.events.outbox import announce, stamp
from chassis.log import get_logger
from chassis.metrics import counter
from contracts.base import Event
from contracts.offers import OfferPublished, OfferView, OfferWithdrawn
from contracts.programmes import Programme
from contracts.refusals import Refusal
from offers import models
from offers.access import require_acting_for
from offers.offer_rules import broken_rules, offer_rule_broken
from offers.views import offer_view, sites_of

log = get_logger()
_broken = counter("offer_rules_broken_total", "Publications refused, by the first broken rule.", ("rule",))


def publish_offer(
    session: Session,
    caller: Caller,
    programmes: Mapping[str, Programme],
    *,
    idempotency_key: str,
    provider_id: str,
    offer_id: str,
) -> OfferView:
    """Check and announce the offer; one that is published already is answered as it is.

    Refusals: ``not_found``, ``provider_not_accepted``, ``offer_rule_broken`` naming field and rule.
    """
    answer = once(
        session,
        caller=caller.subject,
        operation="publish_offer",
        key=idempotency_key,
        request={"provider_id": provider_id, "offer_id": offer_id},
        act=lambda: offer_view(_publish(session, caller, programmes, provider_id, offer_id)),
    )
    return cast(OfferView, answer)


def withdraw_offer(
    session: Session, caller: Caller, *, idempotency_key: str, provider_id: str, offer_id: str
) -> OfferView:
    """The offer may no longer be redeemed; a draft that nobody heard of is withdrawn silently.

    Refusals: ``not_found``. An offer that is withdrawn already is answered as it is.
    """
    require_acting_for(caller, provider_id)
    answer = once(
        session,
        caller=caller.subject,
        operation="withdraw_offer",
        key=idempotency_key,
        request={"provider_id": provider_id, "offer_id": offer_id},
        act=lambda: offer_view(_withdraw(session, caller, provider_id, offer_id)),
    )
    return cast(OfferView, answer)


def _publish(
    session: Session, caller: Caller, programmes: Mapping[str, Programme], provider_id: str, offer_id: str
) -> models.Offer:
    offer = _locked(session, caller, provider_id, offer_id)
    if offer.state == "published":
        return offer
    provider = session.get_one(models.Provider, provider_id)
    if provider.state != "accepted":
        raise Refusal("provider_not_accepted")
    _check_rules(programmes, provider, offer)
    offer.state, offer.version, offer.published_at = "published", offer.version + 1, now()
    offer.withdrawn_at = None
    audit.record(session, caller, "offer_published", offer.id, version=offer.version)
    _say(session, offer, _published(session, provider, offer))
    return offer


def _withdraw(session: Session, caller: Caller, provider_id: str, offer_id: str) -> models.Offer:
    offer = _locked(session, caller, provider_id, offer_id)
    if offer.state == "withdrawn":
        return offer
    was_published = offer.state == "published"
    offer.state, offer.withdrawn_at = "withdrawn", now()
    audit.record(session, caller, "offer_withdrawn", offer.id)
    if was_published:
        offer.version += 1
        _say(session, offer, OfferWithdrawn(**stamp(), offer_id=offer.id, version=offer.version))
    return offer


def _say(session: Session, offer: models.Offer, event: Event) -> None:
    session.flush()
    announce(session, event)
    log.info(event.name, offer_id=offer.id, provider_id=offer.provider_id, version=offer.version)


def _locked(session: Session, caller: Caller, provider_id: str, offer_id: str) -> models.Offer:
    """The row's lock makes two publications at once one: the second finds the offer published."""
    offer = session.get(models.Offer, offer_id, with_for_update=True)
    if offer is None or offer.provider_id != provider_id or not caller.works_for(offer.programme):
        raise Refusal("not_found")
    return offer


def _check_rules(programmes: Mapping[str, Programme], provider: models.Provider, offer: models.Offer) -> None:
    programme = programmes.get(offer.programme)
    if programme is None:
        # Its file was taken away after the draft was written.
        raise Refusal("programme_unknown", field="programme")
    broken = broken_rules(programme, provider.category, offer_view(offer))
    if broken:
        _broken.labels(broken[0].code).inc()
        raise offer_rule_broken(broken)


def _published(session: Session, provider: models.Provider, offer: models.Offer) -> OfferPublished:
    view = offer_view(offer)
    every_site = [site.id for site in sites_of(session, [provider.id])[provider.id]]
    return OfferPublished(
        **stamp(),
        offer_id=offer.id,
        version=offer.version,
        provider_id=provider.id,
        provider_name=provider.name,
        category=provider.category,
        site_ids=view["site_ids"] or every_site,
        programme=offer.programme,
        title=view["title"],
        card_types=view["card_types"],
        audience=view["audience"],
        kind=view["kind"],
        percent=offer.percent,
        price_cents=offer.price_cents,
        child_price_cents=offer.child_price_cents,
        season=view["season"],
        pot_accepted=offer.pot_accepted,
        minimum_gross_cents=offer.minimum_gross_cents,
        max_children=offer.max_children,
    )
