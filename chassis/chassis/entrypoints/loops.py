"""Background loops: a method called every so many seconds in each process, for ever, whatever it raises."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from nameko.timer import Timer

from chassis.log import failure, get_logger
from chassis.metrics import counter
from chassis.work import current_work

log = get_logger()
_failures = counter("loop_failures_total", "Turns of background loops that raised.", ("loop",))


def every(seconds: float) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Call the method every ``seconds``; turns never overlap within a process."""

    def decorate(method: Callable[..., None]) -> Callable[..., None]:
        @wraps(method)
        def turn(self: Any) -> None:
            current_work.set(method.__name__)
            try:
                method(self)
            except Exception as error:
                _failures.labels(method.__name__).inc()
                log.warning("loop_failed", loop=method.__name__, **failure(error))

        decorated: Callable[..., None] = Timer.decorator(interval=seconds)(turn)
        return decorated

    return decorate
