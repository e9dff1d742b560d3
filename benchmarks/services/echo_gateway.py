"""The real gateway with one more endpoint: same token check, schemas, key and RPC client as a redemption."""

from typing import Any

from contracts.access import access_of
from gateway.app import Application
from gateway.app import create_app as create_gateway
from gateway.call import Call, ask
from gateway.endpoint import Resource
from gateway.schemas.redemptions import ScanAnswer, ScanRequest
from gateway.serving import run
from gateway.settings import Settings

echoes = Resource("echoes", "For benchmarks only.")


@echoes.post(
    "/echoes",
    access=access_of("cards.redeem"),
    body=ScanRequest,
    answer=ScanAnswer,
    status=201,
    key="required",
)
async def echo(call: Call) -> Any:
    """A scan's way to the service and back, without the scan."""
    return await ask(call.services.echo.echo, idempotency_key=call.key, scan=call.body)  # type: ignore[attr-defined]


def create_app(settings: Settings) -> Application:
    """What is served."""
    app = create_gateway(settings)
    app.serve([echoes])
    return app


if __name__ == "__main__":
    run(create_app)
