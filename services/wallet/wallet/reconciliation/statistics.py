"""The statistics of each day against the fold of its redemptions, however many there are.

First each day is folded into one number on both sides: every counter times a number of its own, times one
that follows from provider, offer and card type, so that equal sums in the wrong place differ too. Only days
whose numbers differ are then folded group by group, which says where. A day on which something happened
lately is left for the next night.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b

from contracts.neighbours import Neighbours
from wallet.reconciliation.comparing import Known
from wallet.reconciliation.findings import Finding, Steps
from wallet.reconciliation.pages import Row, pages

COUNTERS = (
    *("redemptions", "adults", "children", "gross_cents", "reduction_cents", "net_cents"),
    "paid_from_pot_cents",
)
# Powers of a prime: two counters that were mistaken for each other do not sum to the same.
_WEIGHTS = [1_000_003**place for place in range(len(COUNTERS))]
_MODULUS = 2**64

# Provider, day, offer, card type.
Group = tuple[str, str, str, str]


def compare_statistics(services: Neighbours, known: Known) -> Steps:
    """Find the groups of a day whose statistics are not the fold of the redemptions that stand."""
    digests: dict[str, int] = defaultdict(int)
    for day, digest in _digests(services, known):
        if day is None:
            yield None
        else:
            digests[day] = (digests[day] + digest) % _MODULUS
    if differing := {day for day, digest in digests.items() if digest}:
        yield from _name_groups(services, known, differing)


def _digests(services: Neighbours, known: Known) -> Iterator[tuple[str | None, int]]:
    """Each row's share of its day, the statistics' taken off; a pair without day is a rest."""
    for row in _entries(services, known):
        yield (None, 0) if row is None else (row[0][1], row[1] * _digest(row[0], row[2]))


def _name_groups(services: Neighbours, known: Known, days: set[str]) -> Steps:
    redeemed: dict[Group, list[int]] = defaultdict(lambda: [0] * len(COUNTERS))
    counted: dict[Group, list[int]] = defaultdict(lambda: [0] * len(COUNTERS))
    unsettled: set[str] = set()
    for entry in _entries(services, known, unsettled):
        if entry is None:
            yield None
        elif entry[0][1] in days:
            sums = (redeemed if entry[1] > 0 else counted)[entry[0]]
            sums[:] = map(int.__add__, sums, entry[2])
    for group in sorted(redeemed.keys() | counted.keys()):
        if group[1] not in unsettled:
            yield from _differing(group, redeemed[group], counted[group])


def _differing(group: Group, redeemed: list[int], counted: list[int]) -> Iterator[Finding]:
    """The first counter that differs stands for the group."""
    for name, expected, found in zip(COUNTERS, redeemed, counted, strict=True):
        if expected != found:
            yield Finding("statistics_differ", ":".join((*group, name)), expected, found)
            return


def _entries(
    services: Neighbours, known: Known, unsettled: set[str] | None = None
) -> Iterator[tuple[Group, int, list[int]] | None]:
    """Group, sign and counters of what was counted (-1), then of every redemption that stands (1)."""
    # The listener first: what it has counted, `cards` had committed before.
    for page in pages(services, "offers", "sales"):
        yield None
        for row in page.rows:
            yield _group(row[:4]), -1, row[4:]
    for page in pages(services, "cards", "sold"):
        yield None
        for _, redeemed_at, cancelled_at, *row in page.rows:
            if unsettled is not None and not known.is_settled(cancelled_at or redeemed_at):
                unsettled.add(row[1])
            if cancelled_at is None:
                yield _group(row[:4]), 1, row[4:]


def _group(row: Row) -> Group:
    provider_id, day, offer_id, card_type = row
    return provider_id, day, offer_id, card_type


def _digest(group: Group, counters: list[int]) -> int:
    return _weight(group) * sum(map(int.__mul__, counters, _WEIGHTS))


@lru_cache(maxsize=100_000)
def _weight(group: Group) -> int:
    return int.from_bytes(blake2b("\0".join(group).encode(), digest_size=8).digest())
