"""The application (ASGI): which address is which page."""

import mimetypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from chassis.log import configure_logging
from portal.api.client import Api
from portal.errors import HANDLERS
from portal.own_forms import OwnFormsOnly
from portal.pages import STATIC, STATIC_FILES
from portal.seen import Seen
from portal.session import Kept
from portal.settings import Settings
from portal.sign_in import routes as sign_in
from portal.visitor import routes as visitor

CACHE_S = 365 * 24 * 3600


async def _static(request: Request) -> Response:
    name = STATIC_FILES.get(request.url.path)
    if name is None:
        raise HTTPException(404)
    headers = {"Cache-Control": f"public, max-age={CACHE_S}, immutable"}
    return Response(STATIC[name], media_type=mimetypes.guess_type(name)[0], headers=headers)


async def _healthz(_request: Request) -> Response:
    return PlainTextResponse("ok")


ROUTES = [
    *visitor.ROUTES,
    *sign_in.ROUTES,
    Route("/static/{name}", _static),
    Route("/healthz", _healthz),
]


def create_app(settings: Settings) -> ASGIApp:
    """The application as a process serves it."""
    configure_logging("portal", settings.log_level)
    api = Api(settings.gateway_url)

    @asynccontextmanager
    async def open_for_business(_app: Starlette) -> AsyncIterator[None]:
        yield
        await api.close()

    app = Starlette(routes=ROUTES, exception_handlers=dict(HANDLERS), lifespan=open_for_business)
    app.router.redirect_slashes = False
    app.state.api, app.state.sessions = api, settings.sessions
    return Seen(Kept(OwnFormsOnly(app), settings.sessions), settings.proxies_in_front)
