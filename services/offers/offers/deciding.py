"""An officer accepts or refuses a provider's application."""

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis import audit
from chassis.calls.caller import Caller
from chassis.clock import now
from chassis.database.idempotency import once
from chassis.events.outbox import announce, stamp
from chassis.log import get_logger
from contracts.offers import ProviderAccepted, ProviderView
from contracts.programmes import Programme
from contracts.programmes.shape import Criterion
from contracts.refusals import Refusal
from offers import models
from offers.application_rules import missing_for
from offers.applying import accepted_with
from offers.input_rules import check_choice, check_note
from offers.offer_rules import CATEGORY_LABEL, BrokenRule, offer_rule_broken
from offers.views import full_view

MAX_REASON_CHARS = 500
OUTCOMES = ("accepted", "refused")

log = get_logger()


def decide_provider(
    session: Session,
    caller: Caller,
    programmes: Mapping[str, Programme],
    *,
    idempotency_key: str,
    provider_id: str,
    outcome: str,
    reason: str | None,
) -> ProviderView:
    """Accept or refuse. Refusals: ``not_found``, ``already_decided``, ``reason_code_required``, and
    ``offer_rule_broken`` (field ``criteria``) naming what is missing: the application then stays open."""
    check_choice("outcome", outcome, OUTCOMES)
    answer = once(
        session,
        caller=caller.subject,
        operation="decide_provider",
        key=idempotency_key,
        request={"provider_id": provider_id, "outcome": outcome, "reason": reason},
        act=lambda: _decide(session, caller, programmes, provider_id, outcome, reason),
    )
    return cast(ProviderView, answer)


def _decide(
    session: Session,
    caller: Caller,
    programmes: Mapping[str, Programme],
    provider_id: str,
    outcome: str,
    reason: str | None,
) -> ProviderView:
    provider = session.get(models.Provider, provider_id, with_for_update=True)
    if provider is None or not caller.works_for(*provider.programmes):
        raise Refusal("not_found")
    if provider.state != "applied":
        raise Refusal("already_decided")
    provider.reason = None if reason is None else check_note("reason", reason, MAX_REASON_CHARS)
    if outcome == "accepted":
        _check_admissible(session, provider, programmes)
    elif provider.reason is None:
        raise Refusal("reason_code_required", field="reason")
    provider.state, provider.decided_at, provider.decided_by = outcome, now(), caller.subject
    _keep(session)
    audit.record(session, caller, "provider_decided", provider.id, outcome=outcome)
    if outcome == "accepted":
        codes = list(provider.programmes)
        announce(session, ProviderAccepted(**stamp(), provider_id=provider.id, programmes=codes))
    log.info("provider_decided", provider_id=provider_id, outcome=outcome)
    return full_view(session, provider)


def _keep(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        # Another application with this SIRET was accepted in the same moment.
        raise Refusal("already_exists", field="legal_id") from error


def _check_admissible(
    session: Session, provider: models.Provider, programmes: Mapping[str, Programme]
) -> None:
    if accepted_with(session, provider.legal_id):
        raise Refusal("already_exists", field="legal_id")
    joined = [programmes[code] for code in provider.programmes if code in programmes]
    if any(provider.category not in programme.categories for programme in joined):
        raise offer_rule_broken([BrokenRule(code="category", field="category", label=CATEGORY_LABEL)])
    missing = missing_for(joined, provider.category, provider.criteria, provider.quality_label)
    if missing:
        raise Refusal("offer_rule_broken", field="criteria", rule="criteria", **_names(missing))


def _names(missing: list[Criterion]) -> dict[str, Any]:
    french = " ; ".join(criterion.label["fr"].rstrip(".") for criterion in missing)
    english = "; ".join(criterion.label["en"].rstrip(".") for criterion in missing)
    return {
        "missing": [criterion.code for criterion in missing],
        "rule_fr": f"critères non remplis : {french}",
        "rule_en": f"criteria not fulfilled: {english}",
    }
