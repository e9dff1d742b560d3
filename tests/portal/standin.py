"""A gateway to stand in for the platform: a few answers of the public API, as the OpenAPI document has."""

import json
import sys
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.portal import standin_resident as resident

EVIL = "<script>alert('x')</script>"
LABEL = {"fr": "Carte famille", "en": "Family card"}
PROGRAMME = {
    "code": "occygene-2020",
    "name": {"fr": "Carte OCC’YGÈNE 2020", "en": "OCC’YGÈNE card 2020"},
    "orders_open": "2020-07-06",
    "orders_close": "2021-06-30",
    "valid_from": "2020-07-01",
    "valid_until": "2021-06-30",
    "categories": [{"code": "museum", "label": {"fr": "Musées", "en": "Museums"}}],
    "card_types": [
        {"code": "family", "label": LABEL, "price_cents": 1500, "pots": []},
        {
            "code": "family_bonus",
            "label": {"fr": "Carte famille bonus", "en": "Family bonus card"},
            "price_cents": 0,
            "pots": [
                {"per_person_cents": 7000, "cap_per_household_cents": 30000, "spend_until": "2020-11-15"}
            ],
        },
    ],
}
SITE = {
    "id": "site_1",
    "name": "Le quai",
    "street": "1 rue du Port",
    "postal_code": "34000",
    "commune": "Montpellier",
    "latitude": 43.6,
    "longitude": 3.87,
    "booking_required": True,
    "opening": [{"from": "04-01", "to": "10-31"}],
    "distance_km": 12.34,
}
OFFER = {
    "id": "off_1",
    "state": "published",
    "title": {"fr": "Descente", "en": "Trip"},
    "kind": "percent",
    "percent": 30,
    "price_cents": None,
    "audience": "children",
    "base": "standard_price",
    "standard_price_cents": 2000,
    "child_price_cents": 1250,
    "season": [],
    "pot_accepted": True,
    "minimum_gross_cents": 3000,
    "max_children": 3,
    "card_types": ["family"],
    "site_ids": [],
}


def provider(number: int, name: str = "Club de kayak") -> dict[str, Any]:
    """One of the listing."""
    texts = {"id": f"prov_{number}", "name": name, "category": "museum", "website": "https://kayak.example"}
    return {**texts, "sites": [SITE], "offers": [OFFER, {**OFFER, "id": "off_2", "state": "draft"}]}


def problem(status: int, code: str, field: str | None = None) -> tuple[int, dict[str, Any]]:
    """As the gateway refuses."""
    body: dict[str, Any] = {"code": code, "message": {"fr": "Non : distance.", "en": "No: distance."}}
    if field:
        rule = {"field": field, "rule": "must be a number", "rule_fr": "doit être un nombre"}
        body["errors"] = [rule]
    return status, body


def answer(path: str, query: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
    """Status and body."""
    if path == "/v1/programmes":
        return 200, {"programmes": [PROGRAMME]}
    if path == "/v1/providers/prov_broken":
        return 200, {"id": "prov_broken"}
    if path.startswith("/v1/providers/prov_"):
        return 200, provider(1)
    if path == "/v1/providers" and query.get("radius_km") == ["far"]:
        return problem(422, "invalid_field", "radius_km")
    if path == "/v1/providers":
        limit = int(query["limit"][0])
        found = [provider(number, EVIL * 4) for number in range(limit)]
        return 200, {"providers": found, "next_cursor": None if "cursor" in query else "next"}
    return problem(404, "not_found")


def token(kind: str, role: str | None = None, expires_in: int = 900) -> tuple[int, dict[str, Any]]:
    """As signing in answers; the token tells `/v1/me` who it is."""
    return 200, {
        "access_token": f"{kind}:{role or ''}",
        "token_type": "Bearer",
        "expires_in": expires_in,
        "refresh_token": f"again:{kind}:{role or ''}",
    }


def posted(path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Status and body of a POST."""
    if path == "/v1/oauth/email-codes" and "@" not in body["email"]:
        return problem(422, "invalid_field", "email")
    if path == "/v1/oauth/email-codes":
        return 202, {}
    if path != "/v1/oauth/token":
        return 204, {}
    match body:
        case {"code": "123456"}:
            return token("holder")
        # Its access token ends at once, so that it must be renewed.
        case {"code": "111111"}:
            return token("holder", expires_in=0)
        case {"refresh_token": refresh} if refresh.startswith("again:"):
            return token(*refresh.removeprefix("again:").split(":"))
        case {"password": "first", **rest} if "new_password" not in rest:
            status, said = problem(400, "new_password_required")
            return status, {**said, "field": "new_password"}
        case {"username": "officer@region.example", "password": _}:
            return token("staff", "officer")
    return problem(400, "sign_in_refused")


class Handler(BaseHTTPRequestHandler):
    """Answers GET and POST."""

    def do_GET(self) -> None:
        """One answer in JSON."""
        asked = urlsplit(self.path)
        if asked.path == "/v1/me":
            kind, role = self.headers["Authorization"].removeprefix("Bearer ").split(":")
            self._say(200, {"kind": kind, "role": role or None, "provider_id": None})
            return
        query = parse_qs(asked.query)
        if asked.path == "/v1/me/visits/stream":
            self._stream()
        elif asked.path in resident.FILES:
            self._send(200, *resident.FILES[asked.path])
        else:
            self._say(*(resident.answer(asked.path, query) or answer(asked.path, query)))

    def do_POST(self) -> None:
        """One answer in JSON."""
        given = self.rfile.read(int(self.headers["Content-Length"] or 0))
        body, key = json.loads(given or "{}"), self.headers["Idempotency-Key"] or ""
        self._say(*(resident.posted(self.path, body, key) or posted(self.path, body)))

    def _say(self, status: int, body: dict[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(body).encode())

    def _send(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        with suppress(ConnectionError):
            for piece in resident.stream(self.headers["Last-Event-ID"] or ""):
                self.wfile.write(piece)

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
