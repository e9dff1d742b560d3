"""The public API as its users call it: partners, officers, devices and holders with their credentials."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

TIMEOUT_S = 10.0
# "Busy, retry with the same key": what a client of the API must do on a 503.
ATTEMPTS_MAX = 5


class Refused(Exception):
    """The gateway said no; ``problem`` is its RFC 9457 answer."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code')} {problem.get('field') or ''}".strip())
        self.status = status
        self.problem = problem
        self.code: str = problem.get("code", "")
        self.field: str | None = problem.get("field")


@dataclass
class Visitor:
    """Somebody who calls the gateway; ``sign_in`` fetches a token, again whenever one has expired."""

    http: httpx.Client
    name: str
    sign_in: Callable[[], str] | None = None
    order_secret: str | None = None
    _token: str | None = field(default=None, repr=False)

    def get(self, path: str, **params: Any) -> Any:
        """The JSON answer, or the bytes of a file; raises Refused."""
        return self.call(
            "GET", path, params={key: value for key, value in params.items() if value is not None}
        )

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """The JSON answer; raises Refused. A fresh idempotency key is made when none is given."""
        return self.call("POST", path, json=body, key=key or uuid4().hex)

    def call(self, method: str, path: str, *, key: str | None = None, **kwargs: Any) -> Any:
        """One call, made again with the same key while the platform is busy."""
        for attempt in range(ATTEMPTS_MAX):
            answer = self.send(method, path, key=key, **kwargs)
            if answer.status_code == 401 and self.sign_in and attempt == 0:
                self._token = None
                continue
            if answer.status_code != 503:
                break
        return _result(answer)

    def send(self, method: str, path: str, *, key: str | None = None, **kwargs: Any) -> httpx.Response:
        """One request with the visitor's credential; the answer as it came, refusal or not."""
        headers: dict[str, str] = {}
        if self.sign_in:
            self._token = self._token or self.sign_in()
            headers["Authorization"] = f"Bearer {self._token}"
        if self.order_secret:
            headers["Order-Secret"] = self.order_secret
        if key:
            headers["Idempotency-Key"] = key
        return self.http.request(method, path, headers=headers, **kwargs)


class Api:
    """Makes the visitors of one gateway."""

    def __init__(self, gateway_url: str) -> None:
        self.http = httpx.Client(base_url=gateway_url, timeout=TIMEOUT_S)

    def public(self, name: str = "public", order_secret: str | None = None) -> Visitor:
        """Somebody without a credential."""
        return Visitor(self.http, name, order_secret=order_secret)

    def client(self, name: str, credential: dict[str, Any]) -> Visitor:
        """A partner site or a device, with ``client_id`` and ``client_secret``."""
        grant = {
            "grant_type": "client_credentials",
            "client_id": credential["client_id"],
            "client_secret": credential["client_secret"],
        }
        return Visitor(self.http, name, sign_in=lambda: self._token(grant))

    def staff(self, name: str, email: str, one_time_password: str) -> Visitor:
        """Somebody on the staff, who chooses a password of their own at the first sign-in."""
        own = uuid4().hex
        grant = {"grant_type": "password", "username": email, "password": one_time_password}
        self._token({**grant, "new_password": own})
        return Visitor(self.http, name, sign_in=lambda: self._token({**grant, "password": own}))

    def holder(self, name: str, email: str, read_code: Callable[[], str]) -> Visitor:
        """A holder, who signs in with the code that was mailed."""

        def sign_in() -> str:
            self.public().post("/v1/oauth/email-codes", {"email": email})
            return self._token({"grant_type": "urn:occygene:email-code", "email": email, "code": read_code()})

        return Visitor(self.http, name, sign_in=sign_in)

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def _token(self, grant: dict[str, str]) -> str:
        answer: dict[str, str] = _result(self.http.post("/v1/oauth/token", json=grant))
        return answer["access_token"]


def _result(answer: httpx.Response) -> Any:
    media_type = answer.headers.get("content-type", "")
    if answer.is_error:
        is_problem = media_type.startswith("application/problem+json")
        raise Refused(answer.status_code, answer.json() if is_problem else {"code": "no_problem_document"})
    if media_type.startswith("application/json"):
        return answer.json()
    return answer.content or None
