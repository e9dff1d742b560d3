"""The ledger's accounts: how each kind is named, whose it is, and on which side it normally stands.

Balances are derived from the transfers. Pots alone keep theirs in a row (`models.Pot`), because a pot must
never go below zero; a row for a funder or a provider would be one lock that every scan waits for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from wallet import models

AccountKind = Literal["bank", "card_sales", "funder", "pot", "provider_payable"]
Side = Literal["debit", "credit"]

# What the scheme has or is promised stands on the debit side; what it earned or owes, on the credit side.
NORMAL_SIDES: dict[AccountKind, Side] = {
    "bank": "debit",
    "card_sales": "credit",
    "funder": "debit",
    "pot": "credit",
    "provider_payable": "credit",
}


@dataclass(frozen=True, order=True)
class Account:
    """An account of the ledger; ``owner_id`` is a programme, a pot or a provider (None: the scheme)."""

    id: str
    kind: AccountKind
    owner_id: str | None


BANK = Account("bank", "bank", None)


def card_sales(programme: str) -> Account:
    """What holders paid for cards of a programme."""
    return Account(f"card_sales:{programme}", "card_sales", programme)


def funder(programme: str) -> Account:
    """What the programme's funder has promised to households and not taken back."""
    return Account(f"funder:{programme}", "funder", programme)


def pot(pot_id: str) -> Account:
    """What a household may still spend."""
    return Account(f"pot:{pot_id}", "pot", pot_id)


def provider_payable(provider_id: str) -> Account:
    """What the scheme owes a provider."""
    return Account(f"provider_payable:{provider_id}", "provider_payable", provider_id)


def open_accounts(session: Session, accounts: Iterable[Account]) -> None:
    """Make the accounts that do not exist yet, always in the order of their ids so that no two sessions
    wait for each other."""
    rows = [
        {"id": a.id, "kind": a.kind, "owner_id": a.owner_id, "normal_side": NORMAL_SIDES[a.kind]}
        for a in sorted(set(accounts))
    ]
    if rows:
        # RETURNING has SQLAlchemy send all rows in one statement; without it they would go one by one.
        session.execute(insert(models.Account).on_conflict_do_nothing().returning(models.Account.id), rows)


def balance_cents(session: Session, account: Account) -> int:
    """Fold the account's transfers: positive on its normal side."""
    transfer = models.Transfer
    debits = select(func.coalesce(func.sum(transfer.amount_cents), 0)).where(
        transfer.debit_account_id == account.id
    )
    credits = select(func.coalesce(func.sum(transfer.amount_cents), 0)).where(
        transfer.credit_account_id == account.id
    )
    row = session.execute(select(debits.scalar_subquery(), credits.scalar_subquery())).one()
    on_debit_side = int(row[0]) - int(row[1])
    return on_debit_side if NORMAL_SIDES[account.kind] == "debit" else -on_debit_side
