"""Rules between cards and wallet: redemptions and debits, credits and raises, releases and returns."""

from collections.abc import Iterator
from typing import Any

from wallet.reconciliation.comparing import Judge, Known
from wallet.reconciliation.findings import Finding
from wallet.reconciliation.pages import Row

ByPot = dict[str, Any]


def judge_redemption(
    known: Known, redemption_id: str, made: list[Row], moved: list[Row]
) -> Iterator[Finding]:
    """A redemption's draws are debited once, to the cent, and reversed and raised again when it is undone."""
    redeemed_at, cancelled_at, drawn, raised = made[0] if made else (None, None, None, None)
    voided, _heard, debits, reversed_, reversed_at = moved[0] if moved else (False, None, None, None, None)
    drawn, raised, debits, reversed_ = drawn or {}, raised or {}, debits or {}, reversed_ or {}
    debited = {pot_id: sum(cents) for pot_id, cents in debits.items()}
    if not made:
        cents = _sum(debited) or _heard or 0
        yield Finding("debit_without_redemption", redemption_id, 0, cents)
        return
    yield from _judge_debit(
        known, redemption_id, redeemed_at, drawn, debits, has_row=bool(moved), voided=voided
    )
    owed = {} if voided else debited
    if cancelled_at is None and (reversed_ or voided):
        yield Finding("reversed_not_cancelled", redemption_id, 0, _sum(reversed_) or _sum(drawn))
    elif reversed_ and reversed_ != owed:
        yield Finding("reversal_differs", redemption_id, _sum(owed), _sum(reversed_))
    elif known.is_settled(cancelled_at) and reversed_ != owed:
        yield Finding("cancelled_not_reversed", redemption_id, _sum(owed), 0)
    elif known.is_settled(reversed_at) and raised != drawn:
        yield Finding("reversal_not_raised", redemption_id, _sum(drawn), _sum(raised))


def _same_cents(*, unknown: str, differs: str) -> Judge:
    """A rule for two books of the same cents: the owner's rows say when, the listener's are summed."""

    def judge(known: Known, key: str, owned: list[Row], heard: list[Row]) -> Iterator[Finding]:
        heard_cents = sum(cents for (cents,) in heard)
        if not owned:
            if heard_cents:
                yield Finding(unknown, key, 0, heard_cents)
            return
        cents, at = owned[0]
        if known.is_settled(at) and cents != heard_cents:
            yield Finding(differs, key, cents, heard_cents)

    return judge


# What the wallet credited to a pot, `cards` lets its household spend.
judge_credit = _same_cents(unknown="raise_without_credit", differs="credit_not_raised")
# What `cards` took off an allowance went back to the funder.
judge_release = _same_cents(unknown="return_without_release", differs="release_not_returned")


def _judge_debit(
    known: Known,
    redemption_id: str,
    redeemed_at: str | None,
    drawn: ByPot,
    debits: ByPot,
    *,
    has_row: bool,
    voided: bool,
) -> Iterator[Finding]:
    debited = {pot_id: sum(cents) for pot_id, cents in debits.items()}
    if any(len(cents) > 1 for cents in debits.values()):
        yield Finding("debited_twice", redemption_id, _sum(drawn), _sum(debited))
    elif debits and debited != ({} if voided else drawn):
        yield Finding("debit_amount_differs", redemption_id, 0 if voided else _sum(drawn), _sum(debited))
    elif not debits and not voided and drawn and (has_row or known.is_settled(redeemed_at)):
        yield Finding("redemption_not_debited", redemption_id, _sum(drawn), 0)


def _sum(by_pot: ByPot) -> int:
    return int(sum(by_pot.values()))
