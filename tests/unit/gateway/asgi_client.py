"""A client of the application itself, without a server: its tests ask and read as they would of any."""

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO
from urllib.parse import unquote, urlencode

from starlette.datastructures import Headers

from gateway.app import Application

CHUNK_BYTES = 16_384


@dataclass
class Answer:
    """What was answered."""

    status_code: int
    headers: Headers
    data: bytes

    @property
    def text(self) -> str:
        return self.data.decode()

    @cached_property
    def json(self) -> Any:
        return json.loads(self.data)

    @property
    def content_type(self) -> str | None:
        return self.headers.get("Content-Type")


class AppClient:
    """Asks one request after the other, on a loop of its own."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()

    def close(self) -> None:
        self._loop.close()

    def get(self, path: str, **asked: Any) -> Answer:
        return self.open(path, method="GET", **asked)

    def post(self, path: str, **asked: Any) -> Answer:
        return self.open(path, method="POST", **asked)

    def open(
        self,
        path: str,
        *,
        method: str,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: bytes | str | Mapping[str, str] | None = None,
        content_type: str | None = None,
        input_stream: BinaryIO | None = None,
        query_string: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        environ_base: Mapping[str, str] | None = None,
        environ_overrides: object = None,
    ) -> Answer:
        """``input_stream`` is sent in chunks, anything else with its length."""
        body, own = _body(json, data)
        sent = {**own, **({} if content_type is None else {"Content-Type": content_type}), **(headers or {})}
        if input_stream is not None:
            body = input_stream.read()
            sent["Transfer-Encoding"] = "chunked"
        elif body:
            sent["Content-Length"] = str(len(body))
        if auth is not None:
            sent["Authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method.upper(),
            "path": unquote(path),
            "query_string": (urlencode(query_string) if query_string else query).encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
            "client": ((environ_base or {}).get("REMOTE_ADDR", "127.0.0.1"), 1),
        }
        return self._loop.run_until_complete(_exchange(self._app, scope, body))


def _body(value: Any, data: bytes | str | Mapping[str, str] | None) -> tuple[bytes, dict[str, str]]:
    if value is not None:
        return json.dumps(value).encode(), {"Content-Type": "application/json"}
    if isinstance(data, Mapping):
        return urlencode(data).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    return data.encode() if isinstance(data, str) else data or b"", {}


async def _exchange(app: Application, scope: dict[str, Any], body: bytes) -> Answer:
    chunks = [body[at : at + CHUNK_BYTES] for at in range(0, len(body), CHUNK_BYTES)] or [b""]
    said: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    async def send(message: Any) -> None:
        said.append(message)

    await app(scope, receive, send)
    start, *rest = said
    return Answer(start["status"], Headers(raw=start["headers"]), b"".join(one["body"] for one in rest))
