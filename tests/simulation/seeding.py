"""Ids and time of a history: from its seed and its own clock, so that it can be played again."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from chassis import clock, ids


@contextmanager
def seeded(seed: object, moment: Callable[[], datetime]) -> Iterator[None]:
    """While the block runs, `new_id` draws from the seed, and it is ``moment()`` for everybody."""
    drawn = Random(str(seed))
    instead: tuple[tuple[Any, str, Any], ...] = (
        (ids, "os", SimpleNamespace(urandom=drawn.randbytes)),
        (ids, "time", SimpleNamespace(time_ns=lambda: int(moment().timestamp()) * 10**9)),
        (clock, "real_now", moment),
    )
    with ExitStack() as stack:
        for module, name, value in instead:
            stack.enter_context(patch.object(module, name, value))
        yield
