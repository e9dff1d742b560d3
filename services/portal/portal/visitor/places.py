"""Where to look: a commune by name or postal code, or the coordinates that a browser gave."""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from portal.api.client import Api, ApiProblem
from portal.api.places import find_communes

# More than that nobody reads through: a longer name is typed sooner.
CHOICES_MAX = 12
_COORDINATES = re.compile(r"-?[0-9.]+ *, *-?[0-9.]+")
_NAMED = re.compile(r"(.+) \(([0-9]{5})\)")


@dataclass(frozen=True)
class Place:
    """What was typed, and what it is.

    ``near`` are coordinates as the API reads them. Without them: ``choices``, each as it may be typed, or a
    ``mistake``, by the name of its sentence, or ``refused`` by the API in its own words.
    """

    typed: str
    near: str | None = None
    is_rough: bool = False
    choices: list[str] = field(default_factory=list)
    mistake: str | None = None
    refused: dict[str, str] | None = None

    @property
    def is_unclear(self) -> bool:
        """Whether somewhere is meant and nobody knows where."""
        return bool(self.typed) and self.near is None

    @property
    def point(self) -> tuple[float, float] | None:
        """Latitude and longitude."""
        if self.near is None:
            return None
        latitude, longitude = self.near.split(",")
        return float(latitude), float(longitude)


async def find_place(api: Api, typed: str) -> Place:
    """The place of ``Albi``, ``81000``, ``Albi (81000)`` or ``43.93,2.15``."""
    if not typed:
        return Place(typed)
    if _COORDINATES.fullmatch(typed):
        return Place(typed, near=typed.replace(" ", ""))
    named = _NAMED.fullmatch(typed)
    try:
        found = await find_communes(api, named[2] if named else typed)
    except ApiProblem as problem:
        return Place(typed, refused=problem.fields.get("search", problem.message))
    whole = [one for one in found if _letters(one["name"]) == _letters(named[1] if named else typed)]
    match whole if len(whole) == 1 else found:
        case []:
            return Place(typed, mistake="place.unknown")
        case [{"latitude": None}]:
            return Place(typed, mistake="place.nowhere")
        case [one]:
            near = f"{one['latitude']},{one['longitude']}"
            return Place(written(one), near=near, is_rough=one["centre"] == "postal_code")
    return Place(typed, choices=[written(one) for one in found[:CHOICES_MAX]])


def written(commune: dict[str, Any]) -> str:
    """A commune as it is chosen: two of one name differ by their postal code."""
    return f"{commune['name']} ({commune['postal_codes'][0]})"


def _letters(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in plain if letter.isalnum())
