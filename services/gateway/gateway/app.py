"""The application (ASGI): every request's way from its first line to its answer."""

from collections.abc import Iterable

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chassis.calls.client import Services
from chassis.calls.signing import Signer
from chassis.calls.tokens import Keys
from chassis.clock import use_offset_file
from chassis.log import configure_logging
from chassis.loop.client import LoopRpcClient
from chassis.loop.news import LoopNews
from chassis.proxies import address_behind, forwarded_for
from contracts.cards import NEWS_OF_VISITS
from gateway import docs, openapi
from gateway.api import (
    cards,
    checks,
    credentials,
    disputes,
    health,
    oauth,
    offers,
    orders,
    payments,
    programmes,
    providers,
    redemptions,
    visits,
)
from gateway.asked import Asked
from gateway.call import Parts
from gateway.endpoint import Resource, view_of
from gateway.errors import answer_to
from gateway.paths import Routes
from gateway.problems import Problem
from gateway.seen import begin, finish
from gateway.settings import Settings
from gateway.streams.hub import Hub
from gateway.throttling import Throttle, refuse_too_many

# A caller waits 5 s, a service for another 2 s; between the two the gateway answers "try again".
RPC_TIMEOUT_S = 3.0

RESOURCES = (
    programmes.programmes,
    oauth.oauth,
    orders.orders,
    payments.payments,
    checks.checks,
    cards.cards,
    redemptions.redemptions,
    visits.visits,
    disputes.disputes,
    providers.providers,
    offers.offers,
    credentials.credentials,
    health.health,
)


class Application:
    """What the server calls with each request."""

    def __init__(self, parts: Parts, throttled: Throttle, proxies_in_front: int = 0) -> None:
        self._parts, self._throttled, self._proxies = parts, throttled, proxies_in_front
        self.routes = Routes()

    def serve(self, resources: Iterable[Resource]) -> None:
        """Answer the resources' endpoints."""
        for resource in resources:
            for one in resource.endpoints:
                self.routes.add(one.shape.method, one.rule, view_of(one, self._parts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._proxies:
            trust_proxies(scope, self._proxies)
        asked = Asked(scope, receive)
        begin(asked)
        try:
            answer = await self._answered(asked)
        except Exception as error:
            answer = answer_to(error)
        await finish(asked, answer)
        await answer(scope, receive, send)

    async def _answered(self, asked: Asked) -> Response:
        route, asked.parts = self.routes.find(asked.scope["path"]) or (None, {})
        view = route.view(asked.method) if route else None
        if route and view:
            asked.rule = route.rule
        refused = refuse_too_many(asked, self._parts.keys, self._throttled)
        if refused:
            return refused
        if view is None:
            raise route.not_allowed() if route else Problem("not_found")
        return await view(asked)


def trust_proxies(scope: Scope, proxies_in_front: int) -> None:
    """Take the caller's address from what our own proxies wrote (`chassis.proxies`)."""
    if address := address_behind(forwarded_for(scope["headers"]), proxies_in_front):
        scope["client"] = (address, 0)


def build_app(
    parts: Parts, public_url: str, throttled: Throttle | None = None, proxies_in_front: int = 0
) -> Application:
    """The application on given parts."""
    app = Application(parts, throttled or Throttle(), proxies_in_front)
    app.serve(RESOURCES)
    docs.register(app.routes, openapi.document(RESOURCES, public_url))
    return app


def create_app(settings: Settings) -> Application:
    """The application as a process serves it."""
    configure_logging("gateway", settings.log_level)
    use_offset_file(settings.clock_file)
    client = LoopRpcClient(settings.amqp_uri, RPC_TIMEOUT_S, settings.calls_in_flight)
    services = Services(client, Signer(settings.service_signing_key, "gateway"))
    hub = Hub(settings.streams_max)
    hub.news = LoopNews("gateway", settings.amqp_uri, NEWS_OF_VISITS, hub.tell, hub.tell_gap)
    return build_app(
        Parts(services, Keys(settings.token_public_keys), hub),
        settings.public_url,
        Throttle(settings.throttle_scale),
        settings.proxies_in_front,
    )
