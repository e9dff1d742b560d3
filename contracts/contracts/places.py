"""The communes of Occitanie by the start of a name or postal code: where people look for something to do.

Source and licences of the data: `data/README.md`. It is read once, on first use. For where a resident lives
see `communes`.
"""

from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from contracts.communes import find_commune
from contracts.names import normalise_name

Centre = Literal["commune", "postal_code"]
_SHORT = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
# Sorts after every letter of a key.
_LAST = "\uffff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A commune with its centre in WGS 84 degrees.

    ``centre`` says of what: of the ``commune``, or of those that share its ``postal_code``, some 6 km off;
    None where nobody knows, and then there are no coordinates.
    """

    insee: str
    name: str
    departement: str
    postal_codes: tuple[str, ...]
    latitude: float | None
    longitude: float | None
    centre: Centre | None


def find_places(search: str, limit: int) -> list[Place]:
    """Return the communes whose name or postal code begins so, at most ``limit``, in the order of these.

    The whole name stands first. Accents, hyphens and case do not matter, nor « St » or « Saint ».
    """
    wanted = _key(search)
    if not wanted:
        return []
    keys, places = _places_by_key()
    found = places[bisect_left(keys, wanted) : bisect_left(keys, wanted + _LAST)]
    # A commune of two postal codes that begin alike stands there once.
    return list(dict.fromkeys(found))[:limit]


def _key(text: str) -> str:
    return " ".join(_SHORT.get(word, word) for word in normalise_name(text).split())


@cache
def _places_by_key() -> tuple[list[str], list[Place]]:
    """Names and postal codes in their order, and the place of each."""
    text = resources.files("contracts").joinpath("data/places.csv").read_text(encoding="utf-8")
    places = [_place(*line.split(",")) for line in text.splitlines()[1:]]
    keyed = [
        (key, name, one) for one in places for name in [_key(one.name)] for key in (name, *one.postal_codes)
    ]
    keyed.sort(key=lambda row: row[:2])
    return [key for key, _, _ in keyed], [place for _, _, place in keyed]


def _place(insee: str, postal_codes: str, latitude: str, longitude: str, centre: str) -> Place:
    commune = find_commune(insee)
    if commune is None:
        raise LookupError(insee)
    return Place(
        insee=insee,
        name=commune.name,
        departement=commune.departement,
        postal_codes=tuple(postal_codes.split(" ")),
        latitude=float(latitude) if latitude else None,
        longitude=float(longitude) if longitude else None,
        centre={"commune": "commune", "postal_code": "postal_code"}.get(centre),  # type: ignore[arg-type]
    )
