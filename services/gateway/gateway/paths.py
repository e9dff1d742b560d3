"""What may stand in a path, and which endpoint it is of: ids and codes only, anything else is unknown."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.responses import Response

from gateway.asked import Asked
from gateway.problems import Problem
from gateway.schemas.fields import ID, SLUG

View = Callable[[Asked], Awaitable[Response]]
# ``card_01k9…`` and ``occygene-2020``; a rule names its parts as in ``/v1/cards/<id:card_id>``.
FORMS = {"id": ID, "slug": SLUG}
PART = re.compile(r"<(id|slug):(\w+)>")


@dataclass(frozen=True)
class Route:
    """A rule with the views of its methods."""

    rule: str
    views: dict[str, View] = field(default_factory=dict)

    @property
    def allow(self) -> str:
        """The methods that it takes, as the header ``Allow`` names them."""
        head = ("HEAD",) if "GET" in self.views else ()
        return ", ".join(sorted((*self.views, *head, "OPTIONS")))

    def view(self, method: str) -> View | None:
        """What answers the method."""
        known = self._options if method == "OPTIONS" else None
        return self.views.get("GET" if method == "HEAD" else method, known)

    def not_allowed(self) -> Problem:
        """What is said to any other method."""
        return Problem("method_not_allowed", headers={"Allow": self.allow})

    async def _options(self, _asked: Asked) -> Response:
        return Response(headers={"Allow": self.allow})


class Routes:
    """Every rule; those without parts, the scan among them, are found without a search."""

    def __init__(self) -> None:
        self._routes: dict[str, Route] = {}
        self._patterns: list[tuple[re.Pattern[str], Route]] = []

    def add(self, method: str, rule: str, view: View) -> None:
        """Serve the rule's method with the view."""
        if rule not in self._routes:
            self._routes[rule] = Route(rule)
            if PART.search(rule):
                pattern = PART.sub(lambda part: f"(?P<{part[2]}>{FORMS[part[1]][1:-1]})", rule)
                self._patterns.append((re.compile(pattern), self._routes[rule]))
        self._routes[rule].views[method] = view

    def find(self, path: str) -> tuple[Route, dict[str, str]] | None:
        """The path's route and what stands in its parts."""
        if path in self._routes and "<" not in path:
            return self._routes[path], {}
        for pattern, route in self._patterns:
            if found := pattern.fullmatch(path):
                return route, found.groupdict()
        return None


def documented(rule: str) -> str:
    """The rule as OpenAPI writes it: ``/v1/cards/{card_id}``."""
    return PART.sub(r"{\2}", rule)


def parameters(rule: str) -> list[dict[str, object]]:
    """The rule's parts as OpenAPI describes them."""
    return [
        {"in": "path", "name": name, "required": True, "schema": {"type": "string", "pattern": FORMS[form]}}
        for form, name in PART.findall(rule)
    ]
