"""Leaving: whoever started servers takes them away, however it is told to end."""

import signal
import sys
from types import FrameType

# From a shell, a CI job or a terminal that is closed; SIGINT raises KeyboardInterrupt by itself.
SIGNALS = (signal.SIGTERM, signal.SIGHUP)


def leave_when_told(code: int | None = None) -> None:
    """End through the context managers, with ``code`` or as shells tell a signal (128 + its number)."""

    def leave(number: int, frame: FrameType | None) -> None:
        # A second signal does not interrupt the cleaning up.
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        sys.exit(128 + number if code is None else code)

    for number in SIGNALS:
        signal.signal(number, leave)
