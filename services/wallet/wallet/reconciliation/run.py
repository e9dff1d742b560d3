"""One reconciliation from beginning to end: the services' own rules, then the books of each two."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from chassis.clock import now
from contracts.faults import SELF_CHECKED
from contracts.neighbours import Neighbours
from contracts.programmes import Programme
from wallet.reconciliation import money_rules, order_rules
from wallet.reconciliation.comparing import Comparison, Known, compare
from wallet.reconciliation.findings import Finding, Steps
from wallet.reconciliation.pages import pages
from wallet.reconciliation.statistics import compare_statistics

# Longer than an event is retried (16 minutes): after this it has arrived or is parked.
SETTLED_AFTER = timedelta(minutes=30)

COMPARISONS = (
    Comparison(
        owner=("cards", "redemptions"), listener=("wallet", "moves"), judge=money_rules.judge_redemption
    ),
    Comparison(owner=("wallet", "credits"), listener=("cards", "raises"), judge=money_rules.judge_credit),
    Comparison(owner=("cards", "releases"), listener=("wallet", "returns"), judge=money_rules.judge_release),
    Comparison(owner=("cards", "households"), listener=("wallet", "pots"), judge=order_rules.judge_household),
    Comparison(
        owner=("wallet", "payments"), listener=("cards", "priced_orders"), judge=order_rules.judge_payment
    ),
    Comparison(owner=("cards", "cards"), listener=("notify", "vouchers"), judge=order_rules.judge_voucher),
)


def reconcile(
    services: Neighbours, programmes: Mapping[str, Programme], settled_after: timedelta = SETTLED_AFTER
) -> Steps:
    """Yield what is wrong, and None after every page; what is younger than ``settled_after`` is left out.

    Raises RpcUnavailable, or Refusal ``try_again``, when a service stays away.
    """
    known = Known(_before(settled_after), programmes)
    for service, kinds in SELF_CHECKED.items():
        for kind in kinds:
            yield from _check_itself(services, service, kind)
    for comparison in COMPARISONS:
        yield from compare(services, known, comparison)
    yield from compare_statistics(services, known)


def _before(settled_after: timedelta) -> datetime:
    return now() - settled_after


def _check_itself(services: Neighbours, service: str, kind: str) -> Iterator[Finding | None]:
    for page in pages(services, service, kind):
        yield None
        for object_id, expected, found in page.rows:
            yield Finding(kind, object_id, expected, found)
