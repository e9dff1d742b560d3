"""Bugs to plant about visits: when they took place, whom they count for, and what makes one a repeat."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

import pytest

from cards.pots import closing
from cards.scan import facts, judging, redeeming, statements
from cards.scan.desk import CardAtDesk, Visit
from cards.scan.statements import LOCK_CARD
from chassis.database.prepared import Prepared
from contracts.cards import RedemptionRecorded
from contracts.programmes.days import local_day
from tests.simulation.world import World

_END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)


def judge_by_upload(patch: pytest.MonkeyPatch, _: World) -> None:
    """Days, limits and repeats are those of the moment in which the visit is heard of."""

    def upload(_scan: Any, programme: Any, at: datetime) -> Visit:
        return Visit(at=at, day=local_day(at, programme.timezone), is_late=False)

    patch.setattr(facts, "visit_of", upload)


def take_it_however_late(patch: pytest.MonkeyPatch, _: World) -> None:
    """A visit may be of any time, and a device's clock anywhere."""
    patch.setattr(judging, "check_occurred_at", lambda *_: None)


def forget_good_faith(patch: pytest.MonkeyPatch, _: World) -> None:
    """A card that is revoked is refused, whenever the visit took place."""
    patch.setattr(CardAtDesk, "was_revoked", lambda card, _: card.revoked_at is not None)


def close_at_once(patch: pytest.MonkeyPatch, _: World) -> None:
    """Pots are closed while a visit of before may still be heard of."""
    close = closing.close_batch

    def close_early(session: Any, programme: Any, why: Any) -> int:
        return close(session, replace(programme, late_window_s=0), why)

    patch.setattr(closing, "close_batch", close_early)


def sell_on_upload_day(patch: pytest.MonkeyPatch, _: World) -> None:
    """Statistics count a visit on the day on which it was heard of."""
    patch.setattr(RedemptionRecorded, "moment", property(lambda event: event.redeemed_at))


def limits_without_end(patch: pytest.MonkeyPatch, _: World) -> None:
    """A visit of last month is counted together with those of this one."""
    bounds = facts.window_bounds

    def endless(*of: Any) -> tuple[datetime, datetime]:
        return bounds(*of)[0], _END_OF_TIME

    patch.setattr(facts, "window_bounds", endless)


def count_by_order(patch: pytest.MonkeyPatch, _: World) -> None:
    """Whoever orders again has limits anew."""
    _change_facts(patch, "coalesce(placed.counted_as, placed.id) AS counted_as", "placed.id AS counted_as")


def no_turn(patch: pytest.MonkeyPatch, _: World) -> None:
    """Two cards of one person do not wait for each other."""
    patch.setattr(facts, "LOCK_CARD", {medium: _without_turn(card) for medium, card in LOCK_CARD.items()})


def _without_turn(card: Prepared) -> Prepared:
    before, turn, after = card.sql.partition("pg_advisory_xact_lock(")
    assert turn, "nobody takes turns"
    return Prepared(f"{card.name}_at_once", before + after[after.index("set_config(") :])


def repeat_by_device(patch: pytest.MonkeyPatch, _: World) -> None:
    """A site's other device counts the same visit again."""
    _change_facts(
        patch, "card_id = card.id AND site_id = :site_id", "card_id = card.id AND device_id = :device_id"
    )


def repeat_backwards_only(patch: pytest.MonkeyPatch, _: World) -> None:
    """A repeat that is heard of before the visit that it repeats is another visit."""
    moment = "CAST(card.its_programme ->> 'repeat_{}' AS timestamptz)"
    _change_facts(patch, moment.format("before"), f"{moment.format('after')} + interval '20 seconds'")


def repeat_any_of_two(patch: pytest.MonkeyPatch, _: World) -> None:
    """Of two redemptions of one moment now the one is repeated and now the other."""
    _change_facts(patch, "DESC, id DESC", "DESC, id")


def _change_facts(patch: pytest.MonkeyPatch, words: str, others: str) -> None:
    for name in ("READ_FACTS", "LOCK_FACTS", "DRAW_FACTS"):
        changed = {
            medium: _changed(facts_, words, others) for medium, facts_ in getattr(statements, name).items()
        }
        patch.setattr(facts, name, changed)


def _changed(facts_: Prepared, words: str, others: str) -> Prepared:
    assert words in facts_.sql
    # A connection knows a statement by its name: each bug's is another.
    return Prepared(f"{facts_.name}_{crc32(others.encode())}", facts_.sql.replace(words, others))


def repeat_before_code(patch: pytest.MonkeyPatch, _: World) -> None:
    """A repeat is told to whoever types the number, without its code."""
    check = judging._check_code

    def check_first_visits(attempt: Any, card: Any, seen: Any, *rest: Any) -> None:
        if seen.repeated is None:
            check(attempt, card, seen, *rest)

    patch.setattr(judging, "_check_code", check_first_visits)


def deny_second_visits(patch: pytest.MonkeyPatch, _: World) -> None:
    """A second visit is taken for a repeat although the desk says that it is none."""
    read = redeeming.read_scan
    patch.setattr(redeeming, "read_scan", lambda *of: replace(read(*of), second_visit=False))


def replay_as_if_it_stood(patch: pytest.MonkeyPatch, _: World) -> None:
    """A key that comes again is not told that its redemption was cancelled."""
    patch.setattr(redeeming, "_answer_again", lambda key, kept: key.answer_of(kept))
