"""All that the platform wrote down, read from every database at rest: plain values for the checks."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg2.extensions import connection
from sqlalchemy import NullPool, create_engine
from sqlalchemy.orm import Session

from cards.pots.allowances import get_allowance_totals
from devstack.servers.databases import connect
from wallet.equation import Equation, money_equation
from wallet.totals import get_wallet_totals

Row = tuple[Any, ...]

# The day is the civil day of the visit; a redemption that was cancelled is in the fold of nobody.
_REDEMPTIONS = """
    SELECT id, device_id, cancelled_at IS NOT NULL, gross_cents, reduction_cents, net_cents,
           paid_from_pot_cents, due_cents,
           ARRAY[provider_id, (least(occurred_at, redeemed_at) AT TIME ZONE 'Europe/Paris')::date::text,
                 offer_id, card_type],
           ARRAY[1, adults, children, gross_cents, reduction_cents, net_cents, paid_from_pot_cents],
           ARRAY[card_id, site_id, offer_id], least(occurred_at, redeemed_at)
    FROM redemptions
"""
_SALES = """
    SELECT ARRAY[provider_id, day::text, offer_id, card_type],
           ARRAY[redemptions, adults, children, gross_cents, reduction_cents, net_cents, paid_from_pot_cents]
    FROM sales
"""
_DRAWS = "SELECT redemption_id, pot_id, amount_cents FROM redemption_draws"
_KEYS = "SELECT caller, key, answer FROM idempotency_keys"
_SAID = "SELECT name, payload->>'redemption_id' FROM outbox WHERE name LIKE 'redemption_%'"
_ALLOWANCES = """
    SELECT pot_id, amount_cents,
           (SELECT coalesce(sum(amount_cents), 0) FROM allowance_raises WHERE pot_id = pot.pot_id)
           - (SELECT coalesce(sum(amount_cents), 0) FROM redemption_draws WHERE pot_id = pot.pot_id)
           - (SELECT coalesce(sum(amount_cents), 0) FROM allowance_releases WHERE pot_id = pot.pot_id)
    FROM allowances AS pot
"""
# The loader's orders have numbers for ids, those of the run begin with the time.
_CARDS = "SELECT id, order_id FROM cards WHERE order_id NOT LIKE 'ord_0000000%'"
_HOLDERS = "SELECT id, holder_id FROM orders WHERE id NOT LIKE 'ord_0000000%'"
_EMAILS = "SELECT person_id, email FROM holders"
_MOVED = """
    SELECT kind, source_id, CASE kind WHEN 'debit' THEN debit_account_id ELSE credit_account_id END,
           amount_cents
    FROM transfers WHERE kind IN ('debit', 'debit_reversal')
"""
_VOIDED = "SELECT redemption_id FROM debits WHERE voided"
# What the pots say that they hold, against what all other accounts gave and took.
_ENTRIES = """
    SELECT coalesce(sum(CASE WHEN debit_account_id LIKE 'pot:%' THEN 0 ELSE amount_cents END
                        - CASE WHEN credit_account_id LIKE 'pot:%' THEN 0 ELSE amount_cents END), 0)
           - (SELECT coalesce(sum(balance_cents), 0) FROM pots)
    FROM transfers
"""
_MESSAGES = (
    "SELECT id, kind, subject_id, state, due_at > clock_timestamp() + interval '12 hours' FROM messages"
)


@dataclass(frozen=True, kw_only=True)
class Redemption:
    """A row of `redemptions`; ``group`` and ``counted`` are what the statistics make of it.

    ``place`` is card, site and offer.
    """

    id: str
    device_id: str
    cancelled: bool
    amounts: tuple[int, int, int, int, int]
    group: tuple[str, ...]
    counted: tuple[int, ...]
    place: tuple[str, ...]
    visited_at: datetime


@dataclass(frozen=True, kw_only=True)
class Message:
    """A row of `messages`; ``put_off``: the run keeps it from being mailed."""

    id: str
    kind: str
    subject_id: str
    state: str
    put_off: bool


@dataclass(frozen=True, kw_only=True)
class Books:
    """What stands in the databases; amounts in cents, moves by redemption and pot.

    ``keys`` are stored answers by caller and key, ``said`` counts announcements by name and redemption,
    ``allowances`` are pot, amount and the sum of its moves, ``ordered_cards`` name each card's order,
    ``emails`` the address of each order's holder.
    """

    redemptions: Mapping[str, Redemption]
    draws: Mapping[str, Mapping[str, int]]
    keys: Mapping[tuple[str, str], Any]
    said: Counter[Row]
    allowances: list[Row]
    ordered_cards: Mapping[str, str]
    emails: Mapping[str, str]
    moved: Mapping[str, Mapping[str, Mapping[str, int]]]
    voided: set[str]
    entries_cents: int
    sales: Mapping[tuple[str, ...], tuple[int, ...]]
    messages: list[Message]
    equation: Equation = field(repr=False)


def read_books(urls: Mapping[str, str]) -> Books:
    """Read everything; ``urls`` are the databases by service."""
    with ExitStack() as opened:
        cards, wallet, offers, notify, identity = (
            opened.enter_context(closing(connect(urls[service])))
            for service in ("cards", "wallet", "offers", "notify", "identity")
        )
        emails = dict(_rows(identity, _EMAILS))
        return Books(
            redemptions={row[0]: _redemption(row) for row in _rows(cards, _REDEMPTIONS)},
            draws=_by_redemption(_rows(cards, _DRAWS)),
            keys={(row[0], row[1]): row[2] for row in _rows(cards, _KEYS)},
            said=Counter(_rows(cards, _SAID)),
            allowances=_rows(cards, _ALLOWANCES),
            ordered_cards=dict(_rows(cards, _CARDS)),
            emails={one: emails[whose] for one, whose in _rows(cards, _HOLDERS) if whose in emails},
            moved=_moves(_rows(wallet, _MOVED)),
            voided={row[0] for row in _rows(wallet, _VOIDED)},
            entries_cents=int(_rows(wallet, _ENTRIES)[0][0]),
            sales={tuple(row[0]): tuple(row[1]) for row in _rows(offers, _SALES)},
            messages=[_message(row) for row in _rows(notify, _MESSAGES)],
            equation=_equation(urls),
        )


def _rows(link: connection, statement: str) -> list[Row]:
    with link.cursor() as at:
        at.execute(statement)
        return at.fetchall()


def _redemption(row: Row) -> Redemption:
    return Redemption(
        id=row[0],
        device_id=row[1],
        cancelled=row[2],
        amounts=row[3:8],
        group=tuple(row[8]),
        counted=tuple(row[9]),
        place=tuple(row[10]),
        visited_at=row[11],
    )


def _message(row: Row) -> Message:
    return Message(id=row[0], kind=row[1], subject_id=row[2], state=row[3], put_off=row[4])


def _by_redemption(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for redemption_id, pot_id, cents in rows:
        found[redemption_id][pot_id] = found[redemption_id].get(pot_id, 0) + cents
    return dict(found)


def _moves(rows: Iterable[Row]) -> dict[str, dict[str, dict[str, int]]]:
    """By kind, redemption and pot; an account is `pot:` and the pot's id."""
    by_kind: dict[str, list[Row]] = defaultdict(list)
    for kind, source_id, account_id, cents in rows:
        by_kind[kind].append((source_id, account_id.removeprefix("pot:"), cents))
    return {kind: _by_redemption(by_kind[kind]) for kind in ("debit", "debit_reversal")}


def _equation(urls: Mapping[str, str]) -> Equation:
    wallet = create_engine(urls["wallet"], poolclass=NullPool)
    cards = create_engine(urls["cards"], poolclass=NullPool)
    with Session(wallet) as of_wallet, Session(cards) as of_cards:
        return money_equation(get_wallet_totals(of_wallet), get_allowance_totals(of_cards))
