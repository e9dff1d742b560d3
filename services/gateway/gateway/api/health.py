"""Whether this process lives, and whether the platform behind it answers."""

import asyncio
from typing import Any

from chassis.calls.client import RpcFailed, RpcUnavailable
from chassis.log import get_logger
from contracts.access import OPEN
from gateway.call import Call, ask
from gateway.endpoint import Resource, json_answer
from gateway.schemas.health import HealthAnswer, ReadinessAnswer

SERVICES = ("identity", "cards", "wallet", "offers", "notify")

log = get_logger()
health = Resource("health", "For the machines that run the platform.", url_prefix="")

NOT_READY = {"description": "Not ready", "content": {"application/json": {"schema": ReadinessAnswer}}}


@health.get("/healthz", access=OPEN, reads_itself=True, answer=HealthAnswer)
async def healthz(call: Call) -> Any:
    """This process is alive."""
    return {"status": "ok"}


@health.get(
    "/readyz",
    access=OPEN,
    reads_itself=True,
    answer=ReadinessAnswer,
    doc={"responses": {"503": NOT_READY}},
)
async def readyz(call: Call) -> Any:
    """The broker and the five services answer within the time limit of a call."""
    found = await asyncio.gather(*(_answers(call.services, name) for name in SERVICES))
    ready = all(found)
    body = {"status": "ready" if ready else "not_ready", "services": dict(zip(SERVICES, found, strict=True))}
    return json_answer(body, 200 if ready else 503)


async def _answers(services: Any, name: str) -> bool:
    try:
        await ask(getattr(services, name).ping)
    except (RpcUnavailable, RpcFailed) as error:
        log.warning("service_not_ready", service_asked=name, error=type(error).__name__)
        return False
    return True
