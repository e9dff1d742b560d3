"""The application (ASGI): which address is which page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from chassis.log import configure_logging
from portal.api.client import Api
from portal.errors import HANDLERS
from portal.pages import STYLESHEET, STYLESHEET_MARK, page
from portal.seen import Seen
from portal.settings import Settings
from portal.visitor import home, listing, provider

CACHE_S = 365 * 24 * 3600


async def _stylesheet(_request: Request) -> Response:
    headers = {"Cache-Control": f"public, max-age={CACHE_S}, immutable"}
    return Response(STYLESHEET, media_type="text/css", headers=headers)


async def _accessibility(request: Request) -> Response:
    return page(request, "accessibility.html")


async def _healthz(_request: Request) -> Response:
    return PlainTextResponse("ok")


ROUTES = [
    Route("/", home.show),
    Route("/prestataires", listing.show),
    Route("/prestataires/{provider_id}", provider.show),
    Route("/accessibilite", _accessibility),
    Route(f"/static/portal.{STYLESHEET_MARK}.css", _stylesheet),
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
    return Seen(app)
