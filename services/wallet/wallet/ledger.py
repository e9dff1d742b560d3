"""The ledger: immutable transfers between accounts, all written by the one function here.

Signs: amounts are positive cents; a transfer raises its debit account on the debit side and its credit
account on the credit side by the same amount. `bank` and `funder` normally stand on the debit side;
`card_sales`, `pot` and `provider_payable` on the credit side (`accounts.NORMAL_SIDES`). So

    payment         bank             → card_sales           a holder paid for a card
    refund          card_sales       → bank                 and got it back
    pot_credit      funder           → pot                  the funder's money is the household's to spend
    debit           pot              → provider_payable     a redemption was paid from the pot
    debit_reversal  provider_payable → pot                  and undone
    pot_return      pot              → funder               what was not spent goes back

read as "debit account → credit account", and over all accounts the debits equal the credits.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.ids import new_id
from wallet import models
from wallet.accounts import Account, open_accounts
from wallet.faults import LedgerFault, report

TransferKind = Literal["payment", "refund", "pot_credit", "pot_return", "debit", "debit_reversal"]

_WRITE = (
    insert(models.Transfer)
    .on_conflict_do_nothing()
    .returning(
        models.Transfer.kind,
        models.Transfer.source_id,
        models.Transfer.debit_account_id,
        models.Transfer.credit_account_id,
    )
)
_changes = (
    func.unnest(bindparam("account_ids", type_=ARRAY(Text)), bindparam("cents", type_=ARRAY(BigInteger)))
    .table_valued("account_id", "cents", name="changes")
    .render_derived()
)
_MOVE = (
    update(models.Pot)
    .where(models.Pot.account_id == _changes.c.account_id)
    .values(balance_cents=models.Pot.balance_cents + _changes.c.cents)
    .execution_options(synchronize_session=False)
)


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """Money to be moved: once for ever by ``kind``, ``source_id`` and its two accounts."""

    kind: TransferKind
    source_id: str
    debit: Account
    credit: Account
    amount_cents: int
    event_at: datetime

    @property
    def once_key(self) -> tuple[str, str, str, str]:
        """What the database's unique key compares."""
        return self.kind, self.source_id, self.debit.id, self.credit.id


def write_transfers(session: Session, transfers: Sequence[Transfer]) -> bool:
    """Write the transfers and move the pots' balances with them; False when all were written before.

    Pots are locked in the order of their account ids, so that two sessions never wait for each other.
    Raises LedgerFault for an unknown pot, for a pot that would go below zero, and where a transfer was
    written before with another amount; the transaction must then be rolled back.
    """
    balances = _lock_pots(session, transfers)
    open_accounts(session, (a for t in transfers for a in (t.debit, t.credit) if a.kind != "pot"))
    written = _insert(session, transfers)
    if len(written) < len(transfers):
        _check_repeated(session, [t for t in transfers if t.once_key not in written])
    _move_balances(session, balances, [t for t in transfers if t.once_key in written])
    return bool(written)


def _lock_pots(session: Session, transfers: Iterable[Transfer]) -> Mapping[str, int]:
    wanted = {a.id for t in transfers for a in (t.debit, t.credit) if a.kind == "pot"}
    if not wanted:
        return {}
    pots = (
        select(models.Pot.account_id, models.Pot.balance_cents)
        .where(models.Pot.account_id.in_(wanted))
        .order_by(models.Pot.account_id)
        .with_for_update()
    )
    balances = {row.account_id: row.balance_cents for row in session.execute(pots)}
    for missing in sorted(wanted - balances.keys()):
        raise report(LedgerFault("unknown_pot", account_id=missing))
    return balances


def _insert(session: Session, transfers: Sequence[Transfer]) -> set[tuple[str, ...]]:
    created_at = now()
    rows = [
        {
            "id": new_id("trf"),
            "kind": t.kind,
            "source_id": t.source_id,
            "debit_account_id": t.debit.id,
            "credit_account_id": t.credit.id,
            "amount_cents": t.amount_cents,
            "event_at": t.event_at,
            "created_at": created_at,
        }
        for t in transfers
    ]
    return {tuple(row) for row in session.execute(_WRITE, rows)}


def _check_repeated(session: Session, repeated: Collection[Transfer]) -> None:
    table = models.Transfer
    key = (table.kind, table.source_id, table.debit_account_id, table.credit_account_id)
    known = select(*key, table.amount_cents).where(tuple_(*key).in_([t.once_key for t in repeated]))
    amounts = {tuple(row[:4]): row.amount_cents for row in session.execute(known)}
    for transfer in repeated:
        if amounts.get(transfer.once_key) != transfer.amount_cents:
            raise report(LedgerFault("other_amount", kind=transfer.kind, source_id=transfer.source_id))


def _move_balances(session: Session, balances: Mapping[str, int], written: Iterable[Transfer]) -> None:
    changes: dict[str, int] = defaultdict(int)
    for transfer in written:
        changes[transfer.debit.id] -= transfer.amount_cents
        changes[transfer.credit.id] += transfer.amount_cents
    moved = sorted(balances.keys() & changes.keys())
    for account_id in moved:
        if balances[account_id] + changes[account_id] < 0:
            raise report(LedgerFault("pot_overdrawn", account_id=account_id))
    if moved:
        session.execute(_MOVE, {"account_ids": moved, "cents": [changes[account_id] for account_id in moved]})
