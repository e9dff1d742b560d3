"""The wallet's sums, and checks of the books: what the constraints promise, recomputed from the transfers."""

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, or_, select, text, true, union_all
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import SQLColumnExpression

from contracts.wallet import ProviderBalance, WalletTotals
from wallet import accounts
from wallet.models import Debit, Pot, Transfer

# A night's check may read for longer than a scan may wait.
TOTALS_STATEMENT_TIMEOUT_S = 60
POTS_PER_STEP = 1_000


@dataclass
class Walk:
    """A walk over all pots, a slice at a time: where it stands, and which pots were wrong when last seen."""

    after_pot_id: str = ""
    unbalanced: set[str] = field(default_factory=set)


def get_wallet_totals(session: Session) -> WalletTotals:
    """The wallet's side of the money equation, from one statement and so from one moment."""
    row = session.execute(
        select(
            *_money_sums(),
            _scalar(select(func.count()).where(_is_malformed())).label("malformed"),
            _scalar(select(func.count()).select_from(unbalanced_pots().subquery())).label("unbalanced"),
            _scalar(select(func.count()).where(Pot.balance_cents < 0)).label("negative"),
        )
    ).one()
    return {
        "balance_cents": int(row.balance),
        "announced_cents": int(row.announced),
        "debited_cents": int(row.debited),
        "returned_cents": int(row.returned),
        "unbalanced_transfers": row.malformed + row.unbalanced,
        "negative_pots": row.negative,
    }


def get_money_sums(session: Session) -> dict[str, int]:
    """The four sums of the totals alone, which cost a tenth of the checks: balance, announced, debited,
    returned, in cents and from one moment."""
    sums = session.execute(select(*_money_sums())).one()
    return {name: int(cents) for name, cents in sums._mapping.items()}


def get_provider_balance(session: Session, provider_id: str) -> ProviderBalance:
    """What the scheme owes a provider; 0 for one that the ledger has never met."""
    payable_cents = accounts.balance_cents(session, accounts.provider_payable(provider_id))
    return {"provider_id": provider_id, "payable_cents": payable_cents}


def unbalanced_pots(pot_ids: Collection[str] | None = None) -> Select[str]:
    """The pots, among these or all of them, whose balance is not the fold of their transfers."""
    account_ids = None if pot_ids is None else [accounts.pot(pot_id).id for pot_id in pot_ids]
    sides = union_all(
        _side(Transfer.credit_account_id, Transfer.amount_cents, account_ids),
        _side(Transfer.debit_account_id, -Transfer.amount_cents, account_ids),
    ).subquery()
    moved_cents = func.sum(sides.c.cents)
    fold = select(sides.c.account_id, moved_cents.label("cents")).group_by(sides.c.account_id).subquery()
    return (
        select(Pot.id)
        .outerjoin(fold, fold.c.account_id == Pot.account_id)
        .where(Pot.balance_cents != func.coalesce(fold.c.cents, 0), _among(Pot.account_id, account_ids))
    )


def take_step(session: Session, walk: Walk) -> None:
    """Check the next slice of pots: each is checked again and again, at a small and constant cost."""
    next_pots = select(Pot.id).where(Pot.id > walk.after_pot_id).order_by(Pot.id).limit(POTS_PER_STEP)
    ids = list(session.execute(next_pots).scalars())
    wrong = set(session.execute(unbalanced_pots(ids)).scalars())
    walk.unbalanced = (walk.unbalanced - set(ids)) | wrong
    walk.after_pot_id = ids[-1] if len(ids) == POTS_PER_STEP else ""


def count_negative_pots(session: Session) -> int:
    """Must be 0: the table refuses any other."""
    return session.execute(select(func.count()).where(Pot.balance_cents < 0)).scalar_one()


def allow_long_statements(session: Session) -> None:
    """For checks that nobody waits for: this transaction's statements may read for a minute."""
    session.execute(text(f"SET LOCAL statement_timeout = '{TOTALS_STATEMENT_TIMEOUT_S}s'"))


def _side(
    account_id: SQLColumnExpression[str], cents: SQLColumnExpression[int], account_ids: Collection[str] | None
) -> Select[str, int]:
    return select(account_id.label("account_id"), cents.label("cents")).where(_among(account_id, account_ids))


def _among(account_id: SQLColumnExpression[str], account_ids: Collection[str] | None) -> ColumnElement[bool]:
    return true() if account_ids is None else account_id.in_(account_ids)


def _money_sums() -> tuple[ColumnElement[int], ...]:
    voided = _scalar(select(_sum(Debit.amount_cents)).where(Debit.voided))
    return (
        _scalar(select(_sum(Pot.balance_cents))).label("balance"),
        (_moved("pot_credit", "debit_reversal") + voided).label("announced"),
        (_moved("debit") + voided).label("debited"),
        _moved("pot_return").label("returned"),
    )


def _moved(*kinds: str) -> ScalarSelect[int]:
    return _scalar(select(_sum(Transfer.amount_cents)).where(Transfer.kind.in_(kinds)))


def _is_malformed() -> ColumnElement[bool]:
    return or_(Transfer.amount_cents <= 0, Transfer.debit_account_id == Transfer.credit_account_id)


def _sum(column: SQLColumnExpression[int]) -> ColumnElement[int]:
    return func.coalesce(func.sum(column), 0)


def _scalar(query: Select[int]) -> ScalarSelect[int]:
    return query.scalar_subquery()
