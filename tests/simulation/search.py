"""Histories by their seeds: the first day of all, a run of one, and a failing one made shorter."""

import copy
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tests.simulation import acts
from tests.simulation.history import History
from tests.simulation.model import Model
from tests.simulation.moments import CARDS_MADE, FIRST_DAY
from tests.simulation.planning import order_act
from tests.simulation.steps import DEADLY_PLACES_OF_A_SWEEP, Step, draw_steps
from tests.simulation.world import World

# Enough for the shortest history of most failures; each run costs as much as a history.
SHRINKING_RUNS_MAX = 400
# What is worth its price in some histories only: the end of the programme, a pot's credit that arrives
# during the history, the services' own totals.
LATE = "hh_late"
CLOSES_EVERY, IS_LATE_EVERY, RECONCILES_EVERY = 5, 4, 7


@dataclass(frozen=True)
class Violation:
    """A history in which something that must hold did not; the diary ends with the step that broke it."""

    seed: int
    what: str
    steps: tuple[Step, ...]
    diary: tuple[str, ...]

    def __str__(self) -> str:
        told = "\n".join(f"  {line}" for line in self.diary)
        return f"{told}\n  VIOLATION {self.what}\n  SEED={self.seed} HISTORIES=1 make simulate"


class Search:
    """A world whose first day is kept, so that histories follow each other at the price of a few rows."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._first_day = self._prepare()

    def run_seed(self, seed: int) -> Violation | None:
        """Play the history of a seed; what it violated, if anything."""
        return self.run(seed, draw_steps(seed))

    def tell(self, seed: int) -> list[str]:
        """The diary of a seed's history, whether or not something was violated."""
        history = self._begin(seed)
        self._play(history, seed, draw_steps(seed))
        return history.diary

    def run(self, seed: int, steps: Sequence[Step]) -> Violation | None:
        """Play these steps, with the ids of the seed."""
        history = self._begin(seed)
        what = self._play(history, seed, steps)
        return None if what is None else Violation(seed, what, tuple(steps), tuple(history.diary))

    def _begin(self, seed: int) -> History:
        self.world.reset()
        self.world.moment = FIRST_DAY
        self.world.counts["histories"] += 1
        history = History(self.world, copy.deepcopy(self._first_day))
        if seed % IS_LATE_EVERY:
            _leave_out_late_household(history)
        return history

    def _play(self, history: History, seed: int, steps: Sequence[Step]) -> str | None:
        try:
            with self.world.seeded(seed):
                for step in steps:
                    history.play(step)
                history.finish(
                    closes=seed % CLOSES_EVERY == 0,
                    sweeper_dies_at=seed // CLOSES_EVERY % DEADLY_PLACES_OF_A_SWEEP,
                    reconciles=seed % RECONCILES_EVERY == 0,
                )
        except AssertionError as error:
            return str(error)
        return None

    def shrink(self, violation: Violation) -> Violation:
        """The same violation, or another of fewer steps: parts are left out as long as something fails."""
        size, runs = max(1, len(violation.steps) // 2), 0
        while runs < SHRINKING_RUNS_MAX:
            shorter = None
            for start in range(0, len(violation.steps), size):
                runs += 1
                steps = violation.steps[:start] + violation.steps[start + size :]
                if shorter := self.run(violation.seed, steps):
                    violation = shorter
                    break
            if shorter is None and size == 1:
                break
            size = size if shorter else max(1, size // 2)
        return violation

    def take_counts(self) -> Counter[str]:
        """What happened since this was asked last."""
        counts = self.world.counts + self.world.bus.counts
        self.world.counts.clear()
        self.world.bus.counts.clear()
        return counts

    def _prepare(self) -> Model:
        """All households have a card, and all but one pots: those of the late one are on their way."""
        world = self.world
        world.empty()
        world.moment = CARDS_MADE
        with world.seeded("first day"):
            acts.publish_offers(world)
            history = History(world, Model())
            for whose in acts.ORDERS[: len(acts.MEMBERS)]:
                history.play_act(order_act(world, whose))
            # From approval to card, from card to credit, from credit to allowance.
            for _ in range(3):
                self._let_others_be_credited(history)
        self.take_counts()
        world.bus.heard.clear()
        world.keep_first_day()
        return history.model

    def _let_others_be_credited(self, history: History) -> None:
        planner, bus = history.planner, self.world.bus
        for name in self.world.sides:
            history.play_act(planner.relay(name))
        for message in list(bus.waiting):
            if message.body.get("household_id") != LATE:
                history.play_act(planner.deliver([message]))


def _leave_out_late_household(history: History) -> None:
    cards = history.model.cards
    history.model.cards = {card.id: card for card in cards.values() if card.household != LATE}
    history.world.bus.waiting.clear()
