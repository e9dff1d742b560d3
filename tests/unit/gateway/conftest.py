"""The real application and real tokens; one recorder stands for the five services."""

import json
from collections.abc import Awaitable, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from chassis.calls.tokens import Keys, sign
from contracts.access import SCOPES
from gateway.app import build_app
from gateway.call import Parts
from gateway.throttling import Throttle
from tests.unit.gateway.asgi_client import AppClient

TOKEN_LIFETIME_S = 900


class RecordingServices:
    """Answers each ``service.method`` with what the test laid out, raising it when it is an exception."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.headers: dict[str, Any] = {}
        self.called_as_service: list[str] = []

    def bind(self, **headers: Any) -> "Bound":
        self.headers = headers
        return Bound(self, as_service=False)

    def answer(self, name: str, kwargs: dict[str, Any], as_service: bool) -> Any:
        self.calls.append((name, kwargs))
        if as_service:
            self.called_as_service.append(name)
        found = self.answers[name]
        if isinstance(found, Exception):
            raise found
        return found


class Bound:
    def __init__(self, services: RecordingServices, as_service: bool) -> None:
        self._services, self._as_service = services, as_service

    def as_service(self) -> "Bound":
        return Bound(self._services, as_service=True)

    def __getattr__(self, service: str) -> Any:
        return BoundService(self._services, service, self._as_service)


class BoundService:
    def __init__(self, services: RecordingServices, name: str, as_service: bool) -> None:
        self._services, self._name, self._as_service = services, name, as_service

    def __getattr__(self, method: str) -> Callable[..., Awaitable[Any]]:
        async def call(**kwargs: Any) -> Any:
            return self._services.answer(f"{self._name}.{method}", kwargs, self._as_service)

        return call


@pytest.fixture(scope="session")
def signing_key() -> str:
    jwk = json.loads(OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate()))
    return json.dumps({**jwk, "kid": "test", "alg": "EdDSA"})


@pytest.fixture(scope="session")
def public_keys(signing_key: str) -> str:
    public = {name: value for name, value in json.loads(signing_key).items() if name != "d"}
    return json.dumps({"keys": [public]})


@pytest.fixture(scope="session")
def services() -> RecordingServices:
    return RecordingServices()


@pytest.fixture(scope="session")
def app_client(services: RecordingServices, public_keys: str) -> Iterator[AppClient]:
    # One caller tries thousands of mistakes; how many it may is asked in test_throttling.py.
    parts = Parts(services, Keys(public_keys))
    client = AppClient(build_app(parts, "http://127.0.0.1:8000", Throttle(scale=1_000_000)))
    yield client
    client.close()


@pytest.fixture
def gateway(app_client: AppClient, services: RecordingServices) -> SimpleNamespace:
    """``http`` is a client of the application, ``services`` what stands behind it, both clean."""
    services.answers, services.calls, services.called_as_service = {}, [], []
    return SimpleNamespace(http=app_client, services=services)


@pytest.fixture(scope="session")
def token_of(signing_key: str) -> Callable[..., dict[str, str]]:
    """``token_of("cards:read")`` makes the headers of a caller with those scopes; without any: with all."""

    def make(
        *scopes: str, kind: str = "staff", subject: str = "stf_1", lifetime_s: int = TOKEN_LIFETIME_S
    ) -> dict[str, str]:
        claims = {"sub": subject, "kind": kind, "scope": " ".join(scopes or SCOPES)}
        return {"Authorization": f"Bearer {sign(claims, signing_key, lifetime_s)}"}

    return make
