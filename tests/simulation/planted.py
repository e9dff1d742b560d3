"""Bugs to plant, each a breach of one rule of the design, to show that the simulation sees them.

The first five have the names that `make chaos` uses too; those about visits are in `planted_visits`, those
about bundles in `planted_bundles`.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select

from cards.pots import allowances, closing
from cards.scan import cancelling, facts, redeeming
from cards.scan.statements import READ_FACTS, RECORD
from chassis.database import idempotency
from chassis.database.prepared import Prepared
from chassis.events import inbox
from chassis.events.outbox import announce, announcing, stamp
from contracts.wallet import DebitReversed
from tests.simulation import planted_bundles as bundles
from tests.simulation import planted_visits as visits
from tests.simulation.world import World
from wallet import debiting
from wallet.models import Debit

Plant = Callable[[pytest.MonkeyPatch, World], None]

_CHECK = "ck_allowances_never_negative"


def inbox_off(patch: pytest.MonkeyPatch, _: World) -> None:
    """Every duplicate is let through: sales are counted twice. (Money is not, by the rules' own keys.)"""
    patch.setattr(inbox, "remember", lambda _session, _consumer, event_ids: set(event_ids))


def guard_off(patch: pytest.MonkeyPatch, world: World) -> None:
    """A scan locks neither card nor pots, lowers without a look, and the table has no CHECK either."""
    guard = "AND pot.amount_cents >= wanted.amount_cents"
    assert guard in RECORD.sql
    patch.setattr(redeeming, "RECORD", Prepared("scan_record_unguarded", RECORD.sql.replace(guard, "")))
    for name in ("LOCK_CARD", "LOCK_FACTS", "DRAW_FACTS"):
        patch.setattr(facts, name, READ_FACTS)
    world.storage["cards"].alter(f"ALTER TABLE allowances DROP CONSTRAINT IF EXISTS {_CHECK}")


def publish_before_commit(patch: pytest.MonkeyPatch, world: World) -> None:
    """A redemption is on the bus before it is committed."""

    def publish(sends: Any, event: Any) -> dict[str, Any]:
        world.bus.put(event.name, json.loads(json.dumps(event.payload())))
        return announcing(sends, event)

    patch.setattr(redeeming, "announcing", publish)


def key_without_hash(patch: pytest.MonkeyPatch, _: World) -> None:
    """A key gets its stored answer whatever was asked with it."""
    patch.setattr(idempotency.KeyedRequest, "answer_of", lambda _, kept: kept["answer"])


def release_before_announce(patch: pytest.MonkeyPatch, _: World) -> None:
    """A closed pot's release is committed first and announced in a transaction of its own."""

    def close_then_say(transaction: Any, programme: Any, why: Any) -> int:
        held: list[Any] = []
        with pytest.MonkeyPatch.context() as silent:
            silent.setattr(allowances, "announce", lambda _, *events, **__: held.extend(events))
            with transaction() as session:
                closed = closing.close_batch(session, programme, why)
        if held:
            with transaction() as session:
                announce(session, *held)
        return closed

    patch.setattr(closing, "_close_all", close_then_say)


def raise_at_cancellation(patch: pytest.MonkeyPatch, _: World) -> None:
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


def release_without_lowering(patch: pytest.MonkeyPatch, _: World) -> None:
    """The release is announced while the allowance may still be spent."""

    def say_only(session: Any, by: Any, pot: Any, reason: str) -> None:
        allowances._release(session, by, pot, pot.amount_cents, reason, closes_pot=True)

    for module in (allowances, closing):
        patch.setattr(module, "close_pot", say_only)


def keep_what_reaches_a_closed_pot(patch: pytest.MonkeyPatch, _: World) -> None:
    """A cancelled redemption's money comes back to a pot that was closed meanwhile, and stays there."""
    release = allowances._release

    def release_to_close(*args: Any, closes_pot: bool) -> None:
        if closes_pot:
            release(*args, closes_pot=True)

    patch.setattr(allowances, "_release", release_to_close)


def forget_the_void(patch: pytest.MonkeyPatch, _: World) -> None:
    """A cancellation that overtakes its redemption is answered, but not remembered."""
    first = debiting._first

    def without_row(session: Any, events: Any, *, voided: bool) -> Any:
        if not voided:
            return first(session, events, voided=False)
        (event,) = events
        known = select(Debit.redemption_id).where(Debit.redemption_id == event.redemption_id)
        return [] if session.execute(known).first() else [event]

    patch.setattr(debiting, "_first", without_row)


def acknowledge_failures(patch: pytest.MonkeyPatch, world: World) -> None:
    """The bus takes what failed for heard, and loses it."""
    patch.setattr(world.bus, "acknowledges_failures", True)


PLANTS: dict[str, Plant] = {
    plant.__name__: plant
    for plant in (
        *(inbox_off, guard_off, publish_before_commit, key_without_hash, release_before_announce),
        *(raise_at_cancellation, release_without_lowering, keep_what_reaches_a_closed_pot),
        *(forget_the_void, acknowledge_failures),
        *(visits.judge_by_upload, visits.take_it_however_late, visits.forget_good_faith),
        *(visits.close_at_once, visits.sell_on_upload_day, visits.limits_without_end),
        *(visits.count_by_order, visits.no_turn, visits.repeat_by_device, visits.repeat_backwards_only),
        *(visits.repeat_any_of_two, visits.repeat_before_code, visits.deny_second_visits),
        *(visits.replay_as_if_it_stood, bundles.acknowledge_with_the_first),
        *(bundles.take_neighbours_along, bundles.take_apart_in_vain),
    )
}


@contextmanager
def planted(name: str, world: World) -> Iterator[None]:
    """The bug of this name, while the block runs; none for an empty name."""
    with pytest.MonkeyPatch.context() as patch:
        if name:
            PLANTS[name](patch, world)
        try:
            yield
        finally:
            if name == guard_off.__name__:
                _check_again(world)


def _check_again(world: World) -> None:
    world.empty()
    world.storage["cards"].alter(f"ALTER TABLE allowances ADD CONSTRAINT {_CHECK} CHECK (amount_cents >= 0)")
