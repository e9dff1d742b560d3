"""nameko's container, running a worker without what nobody here reads."""

import sys
from typing import Any

from nameko.containers import ServiceContainer


class Container(ServiceContainer):
    """Without timing lines at debug level, call ids besides ours and hooks after the work (ADR 0002)."""

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
