"""The end of a process: what it has taken is finished, in one limit for all of it, whatever is missing."""

import os
import signal
from collections.abc import Callable
from typing import Any

from chassis.log import get_logger

# For all of a stop together. Where the database is frozen or a handler hangs, the process then ends as if it
# had been killed: PostgreSQL rolls back, and what is not acknowledged is delivered again.
STOP_MAX_S = 20
SIGNALS = (signal.SIGTERM, signal.SIGINT)

log = get_logger()


def on_signal(act: Any) -> None:
    """Do this at SIGTERM and SIGINT: a function of signal and frame, or one of the signal module's own."""
    for number in SIGNALS:
        signal.signal(number, act)


def end_in_time(unfinished: Callable[[], list[str]]) -> None:
    """From now on the process has `STOP_MAX_S` left; ``unfinished`` names what it still does then.

    The kernel's alarm, as a handler that never yields would keep a green thread from ending anything.
    """

    def cut(*_: Any) -> None:
        try:
            log.error("stop_cut_short", unfinished=unfinished())
        finally:
            os._exit(1)

    on_signal(signal.SIG_IGN)
    signal.signal(signal.SIGALRM, cut)
    signal.alarm(STOP_MAX_S)
