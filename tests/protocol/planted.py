"""Bugs to plant, each a breach of one rule of the design, to show that the state machine sees them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select, text

from cards import allowances, cancelling, closing, redeeming, revoking, scan_rules
from cards.scan_statements import RECORD
from chassis import inbox
from chassis.ids import new_id
from chassis.outbox import stamp
from chassis.prepared import Prepared
from contracts.wallet import DebitReversed
from tests.protocol.world import World
from wallet import debiting
from wallet.models import Debit

Plant = Callable[[pytest.MonkeyPatch], None]


def forget_what_was_heard(patch: pytest.MonkeyPatch) -> None:
    """The inbox lets every duplicate through. The rules' own unique keys still make each take effect once."""
    patch.setattr(inbox, "remember", lambda _session, _consumer, event_ids: set(event_ids))


def count_each_delivery(patch: pytest.MonkeyPatch) -> None:
    """Neither the inbox nor the raise's own key: a credit delivered twice is spendable twice."""
    forget_what_was_heard(patch)
    raise_once = allowances._raise

    def raise_always(session: Any, pot: Any, source_id: str, amount_cents: int) -> bool:
        return raise_once(session, pot, f"{source_id}:{new_id('raise')}", amount_cents)

    patch.setattr(allowances, "_raise", raise_always)


def lower_without_guard(patch: pytest.MonkeyPatch) -> None:
    """The scan takes what is asked of the first pot that may pay, and the statement does not look either.

    What would still refuse it is the table's CHECK: `unchecked` takes that away too.
    """
    guard = "AND pot.amount_cents >= wanted.amount_cents"
    assert guard in RECORD.sql
    patch.setattr(redeeming, "RECORD", Prepared("scan_record_unguarded", RECORD.sql.replace(guard, "")))

    def take_it(pots: Any, _card: Any, offer: Any, pay_cents: int, _programme: Any, today: Any) -> Any:
        paying = [pot for pot in pots if pot.pays(offer.category) and pot.is_open_on(today)]
        return tuple({"pot_id": pot.pot_id, "amount_cents": pay_cents} for pot in paying[:1])

    patch.setattr(scan_rules, "draw_from_pots", take_it)


def raise_at_cancellation(patch: pytest.MonkeyPatch) -> None:
    """The allowance is raised before the wallet has reversed the debit."""
    announced = cancelling._cancelled

    def raise_now(session: Any, redemption: Any, cancelled_at: str) -> Any:
        event = announced(session, redemption, cancelled_at)
        given_back = DebitReversed(
            **stamp(), redemption_id=redemption.id, provider_id=redemption.provider_id, draws=event.draws
        )
        allowances.raise_by_reversal(session, given_back)
        return event

    patch.setattr(cancelling, "_cancelled", raise_now)


def release_without_lowering(patch: pytest.MonkeyPatch) -> None:
    """The release is announced while the allowance may still be spent."""

    def say_only(session: Any, pot: Any, reason: str) -> None:
        allowances._release(session, pot, pot.amount_cents, reason, closes_pot=True)

    for module in (allowances, closing, revoking):
        patch.setattr(module, "close_pot", say_only)


def keep_what_reaches_a_closed_pot(patch: pytest.MonkeyPatch) -> None:
    """A cancelled redemption's money comes back to a pot that was closed meanwhile, and stays there."""
    release = allowances._release

    def release_to_close(*args: Any, closes_pot: bool) -> None:
        if closes_pot:
            release(*args, closes_pot=True)

    patch.setattr(allowances, "_release", release_to_close)


def forget_the_void(patch: pytest.MonkeyPatch) -> None:
    """A cancellation that overtakes its redemption is answered, but not remembered."""
    first = debiting._first

    def without_row(session: Any, events: Any, *, voided: bool) -> list[Any]:
        if not voided:
            return first(session, events, voided=False)
        (event,) = events
        known = select(Debit.redemption_id).where(Debit.redemption_id == event.redemption_id)
        return [] if session.execute(known).first() else [event]

    patch.setattr(debiting, "_first", without_row)


@contextmanager
def unchecked(world: World) -> Iterator[None]:
    """The table of allowances without its CHECK against amounts below zero."""
    name = "ck_allowances_never_negative"
    with world.cards.db.transaction() as session:
        session.execute(text(f"ALTER TABLE allowances DROP CONSTRAINT {name}"))
    try:
        yield
    finally:
        world.empty()
        with world.cards.db.transaction() as session:
            session.execute(text(f"ALTER TABLE allowances ADD CONSTRAINT {name} CHECK (amount_cents >= 0)"))
