"""Two acts at once, statement by statement in a given order; who waits for a lock is left to wait.

Each act has a thread of its own, and only one of them ever runs: it goes on to its next place (`dying.Run`)
and hands the turn back. A statement that the database keeps waiting for the other's lock is recognised by
asking the database; its thread gets no turn until the lock is free. So an order always gives the same run.
"""

import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

from tests.simulation.dying import Run, running

# How long a statement may take before the database is asked whether it waits; costs time, decides nothing.
LOOK_AFTER_S = 0.002


class _Actor:
    def __init__(self, act: Callable[[Run], object], dies_at: int | None) -> None:
        self.run = Run(dies_at, self._hand_back, self._hand_back_if_blocked)
        self.is_blocked = False
        self.has_ended = False
        self._is_let_go = False
        self._act = act
        self._turn = threading.Semaphore(0)
        self._reports: SimpleQueue[None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        self._turn.acquire()
        with running(self.run):
            self._act(self.run)
        self.has_ended = True
        self._reports.put(None)

    def _hand_back(self) -> None:
        if not self._is_let_go:
            self._reports.put(None)
            self._turn.acquire()

    def _hand_back_if_blocked(self) -> None:
        if self.is_blocked:
            self._hand_back()

    def go_on(self, waits: Callable[[int], bool]) -> None:
        """Give the turn and get it back; `is_blocked` when the statement waits for somebody's lock."""
        self._turn.release()
        self._look(waits)

    def look_again(self, waits: Callable[[int], bool]) -> None:
        """After the other's turn: is the lock free, the blocked statement is over, and waits for its turn."""
        if not self._waits(waits):
            self._reports.get()
            self.is_blocked = False

    def let_go(self) -> None:
        """No more turns: run to the end, so that no lock is left behind."""
        self._is_let_go = True
        self._turn.release()
        self._thread.join()

    def _look(self, waits: Callable[[int], bool]) -> None:
        while True:
            try:
                self._reports.get(timeout=LOOK_AFTER_S)
                return
            except Empty:
                if self._waits(waits):
                    self.is_blocked = True
                    return

    def _waits(self, waits: Callable[[int], bool]) -> bool:
        backend_pid = self.run.backend_pid
        return bool(backend_pid) and waits(backend_pid)


def at_once(
    acts: Sequence[tuple[Callable[[Run], object], int | None]], order: int, waits: Callable[[int], bool]
) -> int:
    """Run the acts, each with the place where it dies; the bits of ``order`` say whose turn is next.

    ``waits`` asks the database whether a backend waits for a lock. Answers how often one had to. An act
    raises nothing: it keeps what came of it.
    """
    actors = [_Actor(act, dies_at) for act, dies_at in acts]
    lock_waits, turn = 0, 0
    while alive := [actor for actor in actors if not actor.has_ended]:
        free = [actor for actor in alive if not actor.is_blocked]
        if not free:
            for actor in alive:
                actor.let_go()
            raise AssertionError("deadlock: each waits for the other's lock")
        actor = free[(order >> turn % 32) % len(free)]
        actor.go_on(waits)
        lock_waits += actor.is_blocked
        turn += 1
        for other in alive:
            if other is not actor and other.is_blocked:
                other.look_again(waits)
    return lock_waits
