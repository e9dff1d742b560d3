"""Debits: a redemption's draws move from the pots to what is owed to the provider, once, and back if undone.

The cancellation may arrive before the redemption. Whichever comes first writes the redemption's one row in
`debits`, whose primary key decides the race: debited, or void, and a void redemption never moves money.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now
from chassis.events.outbox import announce, stamp
from contracts.cards import Draw, RedemptionCancelled, RedemptionRecorded
from contracts.wallet import DebitReversed, WalletDebited
from wallet import accounts, models
from wallet.faults import LedgerFault, report
from wallet.ledger import Transfer, TransferKind, write_transfers

_REMEMBER = insert(models.Debit).on_conflict_do_nothing().returning(models.Debit.redemption_id)


def debit_pots(session: Session, events: Sequence[RedemptionRecorded]) -> None:
    """Move the redemptions' draws to the providers, each redemption's once; nothing for those without.

    Raises LedgerFault where a pot would go below zero: the allowance was not backed, and a person must look.
    """
    draws = {event.event_id: _draws(event) for event in events}
    first = _first(session, [event for event in events if draws[event.event_id]], voided=False)
    if not first:
        return
    transfers = [_transfers("debit", e, draws[e.event_id], e.redeemed_at) for e in first]
    write_transfers(session, [transfer for one in transfers for transfer in one])
    audit.record_all(session, [_entry(event, "wallet_debited") for event in first])
    announce(session, *map(_debited, first), causes=first)


def _entry(event: RedemptionRecorded, act: str) -> audit.Entry:
    cents = event.paid_from_pot_cents
    return audit.entry(event, act, event.redemption_id, provider_id=event.provider_id, amount_cents=cents)


def _debited(event: RedemptionRecorded) -> WalletDebited:
    return WalletDebited(
        **stamp(),
        redemption_id=event.redemption_id,
        provider_id=event.provider_id,
        amount_cents=event.paid_from_pot_cents,
    )


def reverse_debit(session: Session, event: RedemptionCancelled) -> None:
    """Move the draws back into their pots, or void the redemption that has not arrived yet.

    Either way `cards` hears once that the allowances may be raised.
    """
    draws = _draws(event)
    if not draws or not (_first(session, [event], voided=True) or _is_reversed_now(session, event, draws)):
        return
    audit.record_all(session, [_entry(event, "debit_reversed")])
    announce(
        session,
        DebitReversed(
            **stamp(),
            redemption_id=event.redemption_id,
            provider_id=event.provider_id,
            draws=[Draw(pot_id=pot_id, amount_cents=cents) for pot_id, cents in sorted(draws.items())],
        ),
    )


def _draws(event: RedemptionRecorded) -> dict[str, int]:
    draws: dict[str, int] = defaultdict(int)
    for draw in event.draws:
        draws[draw["pot_id"]] += draw["amount_cents"]
    sums_up = sum(draws.values()) == event.paid_from_pot_cents
    if not sums_up or any(cents <= 0 for cents in draws.values()):
        raise report(LedgerFault("draws_do_not_sum_up", redemption_id=event.redemption_id))
    return draws


def _first(
    session: Session, events: Sequence[RedemptionRecorded], *, voided: bool
) -> list[RedemptionRecorded]:
    """Those of whose redemptions nothing had been heard yet, in the order in which their rows are locked."""
    by_redemption = {event.redemption_id: event for event in reversed(events)}
    in_order = [by_redemption[redemption_id] for redemption_id in sorted(by_redemption)]
    rows = [
        {
            "redemption_id": event.redemption_id,
            "provider_id": event.provider_id,
            "amount_cents": event.paid_from_pot_cents,
            "voided": voided,
            "created_at": now(),
        }
        for event in in_order
    ]
    fresh = set(session.scalars(_REMEMBER, rows)) if rows else set()
    return [event for event in in_order if event.redemption_id in fresh]


def _is_reversed_now(session: Session, event: RedemptionCancelled, draws: dict[str, int]) -> bool:
    """Reverse a debit that was made; False for a void one and for one that was reversed before."""
    debit = select(models.Debit.voided).where(models.Debit.redemption_id == event.redemption_id)
    if session.execute(debit).scalar_one():
        return False
    _check_debited(session, event, draws)
    return write_transfers(session, _transfers("debit_reversal", event, draws, event.cancelled_at))


def _check_debited(session: Session, event: RedemptionCancelled, draws: dict[str, int]) -> None:
    """Only what the ledger itself moved may move back, whatever the cancellation repeats."""
    table = models.Transfer
    made = select(table.debit_account_id, table.credit_account_id, table.amount_cents).where(
        table.kind == "debit", table.source_id == event.redemption_id
    )
    payable_id = accounts.provider_payable(event.provider_id).id
    wanted = {(accounts.pot(pot_id).id, payable_id, cents) for pot_id, cents in draws.items()}
    if {tuple(row) for row in session.execute(made)} != wanted:
        raise report(LedgerFault("reversal_of_another_debit", redemption_id=event.redemption_id))


def _transfers(
    kind: TransferKind, event: RedemptionRecorded, draws: dict[str, int], event_at: str
) -> list[Transfer]:
    payable = accounts.provider_payable(event.provider_id)
    is_debit = kind == "debit"
    return [
        Transfer(
            kind=kind,
            source_id=event.redemption_id,
            debit=accounts.pot(pot_id) if is_debit else payable,
            credit=payable if is_debit else accounts.pot(pot_id),
            amount_cents=cents,
            event_at=datetime.fromisoformat(event_at),
        )
        for pot_id, cents in sorted(draws.items())
    ]
