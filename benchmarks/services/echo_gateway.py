"""The real gateway with one more endpoint: same token check, schemas, key and RPC client as a redemption."""

from typing import Any

from flask import Flask

from contracts.access import access_of
from gateway.app import create_app as create_gateway
from gateway.call import Call
from gateway.endpoint import Resource
from gateway.schemas.redemptions import ScanAnswer, ScanRequest

echoes = Resource("echoes", "For benchmarks only.")


@echoes.post(
    "/echoes",
    access=access_of("cards.redeem"),
    body=ScanRequest,
    answer=ScanAnswer,
    status=201,
    key="required",
)
def echo(call: Call) -> Any:
    """A scan's way to the service and back, without the scan."""
    return call.services.echo.echo(idempotency_key=call.key, scan=call.body)  # type: ignore[attr-defined]


def create_app() -> Flask:
    """What gunicorn runs."""
    app = create_gateway()
    app.register_blueprint(echoes)
    return app
