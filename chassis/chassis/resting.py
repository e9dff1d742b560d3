"""How the process's own loops (relay, pruning, sealing, the look at the archive) wait between two turns."""

from collections.abc import Callable
from time import monotonic, sleep

# How much longer than the process a loop may rest.
LOOK_S = 0.5


def never() -> bool:
    """Nothing ends this rest early but the end of the process."""
    return False


def rest(
    seconds: float,
    is_stopping: Callable[[], bool],
    *,
    is_over: Callable[[], bool] = never,
    look_s: float = LOOK_S,
) -> None:
    """Sleep so long, or until the process stops or ``is_over``; both are looked at every ``look_s``."""
    until = monotonic() + seconds
    while monotonic() < until and not is_stopping():
        sleep(look_s)
        if is_over():
            return
