"""One history: what is done to the services is done to the model too, and after it the books are read."""

import copy
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

from chassis.broker.confirms import NotPublished
from chassis.events.bundles import EVENTS_MAX
from contracts.refusals import Refusal
from tests.simulation import acts
from tests.simulation.books import Books, Told, check_quiet, check_totals
from tests.simulation.dying import Died, Run, running
from tests.simulation.interleaving import at_once
from tests.simulation.model import Model
from tests.simulation.moments import AFTER_ALL, AFTER_THE_SEA, PAUSES, civil_day
from tests.simulation.planning import Act, Planner, together
from tests.simulation.settling import Done, Moment, settle
from tests.simulation.steps import Step
from tests.simulation.world import World

BETWEEN_STEPS = timedelta(milliseconds=1)
# More rounds than a message can cause messages.
QUIET_AFTER_ROUNDS = 20


class History:
    """The world, the model beside it, and what was asked so far; ``diary`` tells it to a reader."""

    def __init__(self, world: World, model: Model) -> None:
        self.world = world
        self.model = model
        self.planner = Planner(world)
        self.books = Books(world)
        self.diary: list[str] = []
        self._said: set[tuple[str, str]] = set()

    def play(self, step: Step) -> None:
        """One step, checked."""
        self.world.moment += BETWEEN_STEPS
        if step.what == "pause":
            self.world.moment += PAUSES[step.picks[0] % len(PAUSES)]
        elif step.parts:
            self._play_at_once(step)
        else:
            self._let_days_pass(step)
            self.play_act(self.planner.plan(self.model, step), step.dies_at)

    def play_act(self, act: Act | None, dies_at: int | None = None) -> None:
        """One act, checked."""
        if act is None:
            return
        done = self._do(act, dies_at)
        settle(self.model, done, self._moment(self._look(act.sides)))
        self.books.check(self.model)

    def finish(self, *, closes: bool, sweeper_dies_at: int, reconciles: bool) -> None:
        """Everything arrives; and when the programme is over, what was not spent is the funder's again.

        ``closes`` pots while something is on its way, by a sweeper that may die of it, and then all of them.
        ``reconciles`` with the services' own totals too, which cost as much as ten steps.
        """
        if closes:
            self._sweep_at(AFTER_THE_SEA[-1], sweeper_dies_at)
        self._grow_quiet()
        if closes:
            self._sweep_at(AFTER_ALL)
            self._grow_quiet()
            assert all(pot.closed_in_wallet for pot in self.model.pots.values()), self.model.pots
        check_quiet(self.world, self.books, self.model)
        if reconciles:
            check_totals(self.world, self.books)

    def _sweep_at(self, moment: datetime, dies_at: int | None = None) -> None:
        self.world.moment = max(self.world.moment, moment)
        self.play_act(self.planner.plan(self.model, Step("sweep")), dies_at)

    def _let_days_pass(self, step: Step) -> None:
        # A sweep is worth something only after a pot's last day; most histories stay before it.
        if step.what == "sweep" and step.picks[0] % 2:
            later = AFTER_THE_SEA[step.picks[1] % len(AFTER_THE_SEA)]
            self.world.moment = max(self.world.moment, later)

    def _play_at_once(self, step: Step) -> None:
        planned = [(self.planner.plan(self.model, part), part) for part in step.parts]
        parts = [(act, part, Done(act.what, act.about)) for act, part in planned if act]
        calls = [(_performing(act, done), part.dies_at) for act, part, done in parts]
        waits = at_once(calls, step.picks[0], self.world.waits)
        self.world.counts["lock waits"] += waits
        self.world.counts["at once"] += len(calls) == 2
        sides = {side for act, _, _ in parts for side in act.sides}
        dones = [done for _, _, done in parts]
        for done in dones:
            self._note(done)
        self._settle_in_some_order(dones, self._look(sorted(sides)))

    def _do(self, act: Act, dies_at: int | None = None) -> Done:
        done, run = Done(act.what, act.about), Run(dies_at)
        with running(run):
            _perform(act, done, run)
        self._note(done)
        return done

    def _look(self, sides: Iterable[str]) -> Told:
        told = self.books.look(sides)
        for name, event in told:
            self._take_in(name, event)
        return told

    def _settle_in_some_order(self, dones: Sequence[Done], told: Told) -> None:
        """Of two at once, all must be as if one had come after the other."""
        wrong: list[str] = []
        for order in permutations(dones):
            model = copy.deepcopy(self.model)
            try:
                for done in order:
                    settle(model, done, self._moment(told, alone=False))
                self.books.check(model)
            except AssertionError as error:
                wrong.append(str(error))
            else:
                self.model = model
                return
        raise AssertionError("as if in no order: " + "; or ".join(wrong))

    def _note(self, done: Done) -> None:
        self.diary.append(f"{self.world.moment:%m-%d %H:%M:%S} {done}")
        counts = self.world.counts
        counts["steps"] += 1
        counts[f"{done.what}: {done.refused or 'done'}"] += 1
        if done.what == "scan" and done.answer:
            counts["already counted"] += done.answer["already_counted"]
        if done.died:
            counts["crashes"] += 1
            counts[f"died {done.died}"] += 1
        if done.what == "deliver":
            self._note_deliveries(done)
        if done.what == "relay" and done.about[1] == "well" and done.commits:
            self.books.unpublished.discard(done.about[0])
        if done.what == "order" and done.answer:
            acts.approve_and_pay(self.world, done.answer)

    def _note_deliveries(self, done: Done) -> None:
        bus = self.world.bus
        for message in done.about:
            bus.note_delivery(message)
            is_settled = message in (done.answer.acknowledged if done.answer else [])
            bus.acknowledge(message) if is_settled else bus.fail(message)

    def _take_in(self, name: str, event: dict[str, Any]) -> None:
        """Each fact is announced once for ever; the model learns of new cards and pots."""
        self.world.counts[name] += 1
        fact = (name, str(event.get(_FACT_OF.get(name, "event_id"))))
        assert fact not in self._said, f"{fact} was announced twice"
        self._said.add(fact)
        if name == "card_validated":
            self._take_in_card(event["card_id"], event["replaces"])
        elif name == "pot_credited":
            self.model.note_credit(event)
        elif name == "redemption_recorded":
            self._count_visit(event)

    def _count_visit(self, event: dict[str, Any]) -> None:
        counts, at = self.world.counts, event["redeemed_at"]
        counts[f"paid from {len(event['draws'])} pots"] += 1
        counts["heard of late"] += event["visited_at"] < at
        counts["heard of in another month"] += event["visited_at"][:7] != at[:7]
        counts["in good faith"] += self.model.cards[event["card_id"]].revoked is not None

    def _take_in_card(self, card_id: str, replaces: str | None) -> None:
        """A card is valid from the day on which it is made; one that is reissued from the first one's."""
        cards = self.model.cards
        first_day = cards[replaces].first_day if replaces else civil_day(self.world.moment)
        cards[card_id] = acts.read_card(self.world, card_id, self.model.people, first_day)

    def _grow_quiet(self) -> None:
        """Until nothing is on its way, the newest first; looked at after each round."""
        for _ in range(QUIET_AFTER_ROUNDS):
            for name in sorted(self.books.unpublished):
                self._do(self.planner.relay(name, events_per_message=EVENTS_MAX))
            while self.world.bus.waiting:
                newest = together(self.world.bus.waiting[-1], self.world.bus.waiting)
                done = self._do(self.planner.deliver(newest))
                settle(self.model, done, self._moment([]))
            self._look(self.world.sides)
            self.books.check(self.model)
            if not self.books.unpublished and not self.world.bus.waiting:
                return
        raise AssertionError("the services never come to rest")

    def _moment(self, told: Told, *, alone: bool = True) -> Moment:
        return Moment(self.world.moment, told, alone)


_FACT_OF = {
    "card_validated": "card_id",
    "card_revoked": "card_id",
    "redemption_recorded": "redemption_id",
    "redemption_cancelled": "redemption_id",
    "debit_reversed": "redemption_id",
    "wallet_debited": "redemption_id",
    "allowance_released": "release_id",
    "pot_credited": "pot_id",
    "pot_closed": "pot_id",
}


def _performing(act: Act, done: Done) -> Callable[[Run], None]:
    return lambda run: _perform(act, done, run)


def _perform(act: Act, done: Done, run: Run) -> None:
    try:
        done.answer = act.do()
    except Refusal as refusal:
        done.refused = refusal.code
    except NotPublished:
        done.refused = "not published"
    except Died:
        pass
    except Exception as error:
        # Nothing else may come of an act; `settle` finds a refusal that no rule gives.
        done.refused = f"{type(error).__name__}: {error}"
    # Whatever a rule made of it, a dead process told nobody.
    done.died, done.commits = run.died, run.commits
    done.answer = done.answer if done.died is None or act.what == "deliver" else None
