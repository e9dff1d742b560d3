"""nameko's container, running a worker without what nobody here reads."""

import sys
from typing import Any

from nameko.containers import ServiceContainer

from chassis.stopping import end_in_time


class Container(ServiceContainer):
    """Without timing lines at debug level, call ids besides ours and hooks after the work (ADR 0002)."""

    def kill(self, exc_info: Any = None) -> None:
        """The end after an error that nobody caught; the consumer may wait for its broker even here."""
        end_in_time(self.unfinished)
        super().kill(exc_info)

    def unfinished(self) -> list[str]:
        """The methods that are running now."""
        return sorted(context.entrypoint.method_name for context in self._worker_threads)

    def _run_worker(self, worker_ctx: Any, handle_result: Any) -> None:
        self._inject_dependencies(worker_ctx)
        self._worker_setup(worker_ctx)
        result = exc_info = None
        try:
            method = getattr(worker_ctx.service, worker_ctx.entrypoint.method_name)
            result = method(*worker_ctx.args, **worker_ctx.kwargs)
        except Exception:
            exc_info = sys.exc_info()
        try:
            if handle_result is not None:
                handle_result(worker_ctx, result, exc_info)
        finally:
            # The traceback holds this frame: without this, only the collector would free it.
            del exc_info
