"""A provider asks to join: anybody may, free of charge; an officer decides later."""

from collections.abc import Mapping
from typing import cast

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.calls.caller import Caller
from chassis.clock import now
from chassis.database.idempotency import once
from chassis.ids import new_id
from chassis.log import get_logger
from contracts.communes import find_commune
from contracts.names import normalise_name
from contracts.offers import ProviderApplication, ProviderView, SiteRequest
from contracts.programmes import Programme
from contracts.refusals import Refusal
from offers import models
from offers.application_rules import check_application
from offers.views import full_view

log = get_logger()


def apply_provider(
    session: Session,
    caller: Caller,
    programmes: Mapping[str, Programme],
    *,
    idempotency_key: str,
    application: ProviderApplication,
) -> ProviderView:
    """Keep the application. Refusals: ``invalid_field``, ``programme_unknown``, ``commune_unknown``,
    ``already_exists`` where a provider with this SIRET was accepted before."""
    answer = once(
        session,
        caller=caller.subject,
        operation="apply_provider",
        key=idempotency_key,
        request={"application": application},
        act=lambda: _keep(session, caller, check_application(application, programmes)),
    )
    return cast(ProviderView, answer)


def accepted_with(session: Session, legal_id: str) -> bool:
    """Say whether a provider with this SIRET was accepted."""
    same = (models.Provider.legal_id == legal_id, models.Provider.state == "accepted")
    return bool(session.scalar(select(exists().where(*same))))


def _keep(session: Session, caller: Caller, application: ProviderApplication) -> ProviderView:
    if accepted_with(session, application["legal_id"]):
        raise Refusal("already_exists", field="legal_id")
    provider = _provider(application)
    session.add(provider)
    session.flush()
    session.add(models.Contact(provider_id=provider.id, **application["contact"]))
    session.add_all(_site(provider.id, position, site) for position, site in enumerate(application["sites"]))
    session.flush()
    audit.record(session, caller, "provider_applied", provider.id, category=provider.category)
    log.info("provider_applied", provider_id=provider.id, category=provider.category)
    return full_view(session, provider)


def _provider(application: ProviderApplication) -> models.Provider:
    return models.Provider(
        id=new_id("prv"),
        name=application["name"],
        name_key=normalise_name(application["name"]),
        category=application["category"],
        legal_id=application["legal_id"],
        website=application.get("website"),
        programmes=application["programmes"],
        quality_label=application["quality_label"],
        criteria=application["criteria"],
        months_open=application["months_open"],
        state="applied",
        applied_at=now(),
    )


def _site(provider_id: str, position: int, site: SiteRequest) -> models.Site:
    commune = find_commune(site["insee"])
    assert commune is not None, "the application's communes were checked"
    return models.Site(
        id=new_id("sit"), provider_id=provider_id, position=position, commune=commune.name, **site
    )
