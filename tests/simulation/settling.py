"""What was answered, against what the model answers; then the model takes the same step."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chassis.calls.caller import Caller
from chassis.clock import rfc3339
from tests.simulation.acts import OFFERS
from tests.simulation.bus import Message
from tests.simulation.model import Model, Redemption
from tests.simulation.planning import card_of
from tests.simulation.storage import as_json
from tests.simulation.verdicts import UNDO_WINDOW, judge, visit_of
from tests.simulation.world import Asked


@dataclass
class Done:
    """An act and what came of it: an answer, a refusal's code, or a death, after so many commits.

    ``about`` is what it was about: what was asked, a redemption's id and caller, a message, a card's id.
    """

    what: str
    about: Any = None
    answer: Any = None
    refused: str | None = None
    died: str | None = None
    commits: int = 0

    def __str__(self) -> str:
        # Of an answer, its id says enough to a reader of the diary.
        answered = self.answer.get("id") if isinstance(self.answer, dict) else None
        came = f"died {self.died}" if self.died else self.refused or answered or "done"
        return f"{self.what} {_told(self.about)}: {came}, {self.commits} commits"


@dataclass(frozen=True)
class Moment:
    """When it happened, what the services announced with it, and whether nothing else happened at once."""

    at: datetime
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    alone: bool = True

    def said(self, name: str) -> list[dict[str, Any]]:
        """The payloads of one kind of event."""
        return [payload for event, payload in self.told if event == name]


def settle(model: Model, done: Done, moment: Moment) -> None:
    """Assert that the answer is the model's, and let the model do what was committed."""
    assert done.what not in ("deliver", "sweep") or not done.refused, str(done)
    assert not (done.refused and ":" in done.refused), str(done)
    if done.what == "scan":
        _settle_scan(model, done, moment)
    elif done.what == "quote":
        verdict = _judge(model, done.about, moment)
        assert done.died or done.refused == verdict.refused, f"{done}, expected {verdict}"
    elif done.what == "cancel":
        _settle_cancel(model, done, moment)
    elif done.what == "deliver" and done.answer:
        message = done.about[0]
        for payload in done.answer.effects:
            model.hear(message.service, message.name, payload)
    elif done.what == "sweep" and done.commits:
        _settle_sweep(model, done, moment)
    elif done.what == "revoke":
        _settle_revoke(model, done, moment)
    elif done.what == "order" and done.answer:
        model.people[done.answer["id"]] = done.about[1]


def _settle_scan(model: Model, done: Done, moment: Moment) -> None:
    caller, key, _ = done.about
    known = model.keys.get((caller.subject, key))
    if known is not None:
        _settle_known_key(model, done, known)
        return
    verdict = _judge(model, done.about, moment)
    if verdict.refused:
        assert done.died or done.refused == verdict.refused, f"{done}, expected {verdict}"
        return
    assert not done.refused, f"{done}, expected {verdict}"
    if not done.commits:
        assert done.died, f"{done} was answered and not committed"
        return
    redemption_id = verdict.repeats or _recorded(model, done, moment, verdict.draws)
    if done.answer is not None:
        assert done.answer["id"] == redemption_id, f"{done}, expected {redemption_id}"
        assert done.answer["already_counted"] == bool(verdict.repeats), f"{done}, expected {verdict}"
    _keep_answer(model, done, redemption_id)


def _settle_known_key(model: Model, done: Done, known: tuple[Mapping[str, Any], str | None, str]) -> None:
    body, answer, redemption_id = known
    if done.died:
        return
    if body != done.about[2]:
        assert done.refused == "idempotency_key_reused", f"{done}, but the key came with {body}"
        return
    assert not done.refused, f"{done}, but it was answered {redemption_id}"
    assert done.answer["id"] == redemption_id, f"{done}, before it was {redemption_id}"
    # Beside the same answer it is told that what it tells of no longer stands.
    told, cancelled = done.answer.get("cancelled_at"), model.redemptions[redemption_id].cancelled
    assert told == (cancelled and rfc3339(cancelled)), f"{done}, told {told}, cancelled {cancelled}"
    assert answer in (None, _stored(done)), f"{done}, before it was {answer}"
    _keep_answer(model, done, redemption_id)


def _keep_answer(model: Model, done: Done, redemption_id: str) -> None:
    caller, key, body = done.about
    answer = None if done.answer is None else _stored(done)
    model.keys[caller.subject, key] = (body, answer, redemption_id)


def _stored(done: Done) -> str:
    """What must stand under the key of an answer, to the letter."""
    return as_json({name: value for name, value in done.answer.items() if name != "cancelled_at"})


def _recorded(model: Model, done: Done, moment: Moment, draws: dict[str, int]) -> str:
    """The redemption of this scan, as it was announced; and the model records it."""
    caller, _, body = done.about
    card, visit = card_of(model, body), visit_of(body, moment.at)
    event = next(
        event
        for event in [*moment.said("redemption_recorded"), None]
        if event is None
        or (event["redemption_id"] not in model.redemptions and _is_of(event, card.id, caller, body))
    )
    assert event is not None, f"{done} was not announced"
    told = (event["redeemed_at"], event["visited_at"])
    assert told == (rfc3339(moment.at), rfc3339(visit)), f"{done}, announced as of {told}"
    assert {draw["pot_id"]: draw["amount_cents"] for draw in event["draws"]} == draws, f"{done}: {event}"
    redemption = Redemption(
        card=card.id,
        person=card.person,
        provider=OFFERS[body["offer_id"]][0],
        site=caller.site_id,
        offer=body["offer_id"],
        paid=body["pay_cents"],
        at=moment.at,
        visit=visit,
        draws=draws,
    )
    model.record(event["redemption_id"], redemption)
    return str(event["redemption_id"])


def _settle_cancel(model: Model, done: Done, moment: Moment) -> None:
    redemption_id, caller = done.about
    redemption = model.redemptions[redemption_id]
    is_late = caller.kind == "device" and moment.at > redemption.at + UNDO_WINDOW and not redemption.cancelled
    if is_late:
        assert done.died or done.refused == "cancellation_too_late", str(done)
        return
    assert not done.refused, str(done)
    if done.commits and not redemption.cancelled:
        said = [event["redemption_id"] for event in moment.said("redemption_cancelled")]
        assert redemption_id in said, f"{done} was not announced"
        model.cancel(redemption_id, moment.at)


def _settle_sweep(model: Model, done: Done, moment: Moment) -> None:
    released = [event for event in moment.said("allowance_released") if event["closes_pot"]]
    closed = {event["pot_id"]: event["reason"] for event in released}
    # A transaction for each reason; one that died did the first.
    of_each = list(model.due_to_close(moment.at).values())[: done.commits]
    due = {pot_id: reason for of_one in of_each for pot_id, reason in of_one.items()}
    # A pot that somebody holds at this moment is left to the next sweep.
    is_left = not moment.alone and closed.items() < due.items()
    assert closed == due or is_left, f"closed {closed}, due {due}"
    model.close(closed)


def _settle_revoke(model: Model, done: Done, moment: Moment) -> None:
    card_id, reason = done.about
    if model.cards[card_id].revoked:
        assert done.died or done.refused == "card_already_revoked", str(done)
        return
    assert not done.refused, str(done)
    if done.commits:
        model.revoke(card_id, reason, moment.at)


def _judge(model: Model, asked: Asked, moment: Moment) -> Any:
    caller, _, body = asked
    return judge(model, card_of(model, body), caller, body, moment.at)


def _is_of(event: Mapping[str, Any], card_id: str, caller: Caller, body: Mapping[str, Any]) -> bool:
    said = ("card_id", "site_id", "offer_id", "paid_from_pot_cents")
    asked = (card_id, caller.site_id, body["offer_id"], body["pay_cents"])
    return tuple(event[name] for name in said) == asked


def _told(about: Any) -> str:
    if isinstance(about, tuple) and isinstance(about[0], Message):
        return f"{about[0].name} to {about[0].service} ({', '.join('+'.join(m.event_ids) for m in about)})"
    if isinstance(about, tuple) and isinstance(about[0], Caller):
        caller, key, body = about
        when = f", seen {body['occurred_at']}" if body["occurred_at"] else ""
        again = ", a second visit" if body["second_visit"] else ""
        return f"{key} {body['offer_id']} by {caller.subject}, {body['pay_cents']} cents{when}{again}"
    return str(about)
