"""The application: `create_app()` is what gunicorn runs."""

import os

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from chassis.client import RpcClient, Services
from chassis.clock import use_offset_file
from chassis.log import configure_logging
from chassis.settings import read_settings
from chassis.signing import Signer
from chassis.tokens import Keys
from gateway import docs
from gateway.api import (
    cards,
    checks,
    credentials,
    health,
    oauth,
    offers,
    orders,
    payments,
    programmes,
    providers,
    redemptions,
)
from gateway.call import EXTENSION, Parts
from gateway.errors import register_error_handlers
from gateway.openapi import make_api
from gateway.reading import BODY_BYTES_MAX
from gateway.seen import watch
from gateway.settings import Settings
from gateway.throttling import Throttle, throttle

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
    providers.providers,
    offers.offers,
    credentials.credentials,
    health.health,
)


def create_app() -> Flask:
    """The application with its settings from the environment; raises SettingsError naming what is wrong."""
    settings = read_settings(Settings, os.environ)
    configure_logging("gateway", settings.log_level)
    use_offset_file(settings.clock_file)
    services = Services(
        RpcClient(settings.amqp_uri, RPC_TIMEOUT_S), Signer(settings.service_signing_key, "gateway")
    )
    app = build_app(
        Parts(services, Keys(settings.token_public_keys)),
        settings.public_url,
        Throttle(settings.throttle_scale),
    )
    trust_proxies(app, settings.proxies_in_front)
    return app


def trust_proxies(app: Flask, proxies_in_front: int) -> None:
    """Take the caller's address from the last ``proxies_in_front`` entries of ``X-Forwarded-For``: those that
    our own proxies wrote. Whatever stands before them a stranger may have sent."""
    if proxies_in_front:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies_in_front, x_proto=0, x_host=0)  # type: ignore[method-assign]


def build_app(parts: Parts, public_url: str, throttled: Throttle | None = None) -> Flask:
    """The application on given parts."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES_MAX
    app.config["MAX_FORM_MEMORY_SIZE"] = BODY_BYTES_MAX
    # A path with two slashes is another path, not one to be sent on from.
    app.url_map.merge_slashes = False
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions[EXTENSION] = parts
    watch(app)
    throttle(app, throttled or Throttle())
    register_error_handlers(app)
    api = make_api(app, public_url)
    for resource in RESOURCES:
        api.register_blueprint(resource)
    docs.register(app, api.spec.to_dict())
    return app
