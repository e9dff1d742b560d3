"""What may happen in a history, drawn from a seed; each step makes sense whatever came before it.

A step's ``picks`` choose among what there is, modulo how much there is: so steps can be left out, and what is
left is still a history. That is how a failing one is made shorter.
"""

from dataclasses import dataclass
from random import Random

STEPS_MIN, STEPS_MAX = 4, 16
PICKS = 6
PICK_MAX = 2**32
DEATHS_IN_TEN = 3
# A scan passes ten places; the later ones are those after its last COMMIT. A sweep passes some for each pot.
DEADLY_PLACES, DEADLY_PLACES_OF_A_SWEEP = 11, 20

WEIGHTS = {
    "scan": 24,
    "scan again": 6,
    "scan other": 2,
    "scan revoked": 2,
    "resend": 7,
    "reuse key": 3,
    "quote": 1,
    "cancel": 9,
    "deliver": 26,
    "deliver again": 4,
    "relay": 14,
    "pause": 5,
    "sweep": 3,
    "revoke": 3,
    "reissue": 2,
    "order": 1,
    "at once": 9,
    "one person at once": 4,
}
# The first of two at once, and what it meets.
FIRST = {"scan": 5, "cancel": 2, "deliver": 2, "resend": 1}
SECOND = {
    "scan": 4,
    "scan again": 2,
    "scan other": 1,
    "resend": 2,
    "cancel": 2,
    "deliver": 3,
    "sweep": 1,
    "revoke": 1,
    "relay": 1,
}
AT_ONCE = {"at once": (FIRST, SECOND), "one person at once": ({"scan familiar": 1}, {"scan other": 1})}


@dataclass(frozen=True)
class Step:
    """``dies_at`` counts the places of `dying.Run`; ``parts`` are the two that happen at once."""

    what: str
    picks: tuple[int, ...] = ()
    dies_at: int | None = None
    parts: tuple["Step", ...] = ()


def draw_steps(seed: int) -> list[Step]:
    """The history of a seed."""
    random = Random(seed)
    return [_draw(random, WEIGHTS) for _ in range(random.randint(STEPS_MIN, STEPS_MAX))]


def _draw(random: Random, weights: dict[str, int]) -> Step:
    what = random.choices(list(weights), list(weights.values()))[0]
    picks = tuple(random.randrange(PICK_MAX) for _ in range(PICKS))
    places = DEADLY_PLACES_OF_A_SWEEP if what == "sweep" else DEADLY_PLACES
    dies_at = random.randrange(places) if random.randrange(10) < DEATHS_IN_TEN else None
    parts = tuple(_draw(random, weights) for weights in AT_ONCE.get(what, ()))
    return Step(what, picks, dies_at, parts)
