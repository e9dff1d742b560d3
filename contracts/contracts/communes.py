"""The communes of France by INSEE code: where a resident lives is decided here, never on the postal code.

Source and licence of the data: `data/README.md`. It is read once, on first use.
"""

from dataclasses import dataclass
from functools import cache
from importlib import resources

# fmt: off
REGION_CODES = frozenset((
    "01", "02", "03", "04", "06", "11", "24", "27", "28", "32", "44", "52", "53", "75", "76", "84", "93",
    "94", "975", "977", "978", "984", "986", "987", "988", "989",
))
# fmt: on
"""INSEE codes of the regions, and of the overseas collectivities that stand in for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commune:
    """A commune or municipal arrondissement; all codes are INSEE's, as text (leading zeros count)."""

    insee: str
    name: str
    departement: str
    region: str


def find_commune(insee: str) -> Commune | None:
    """Return the commune with this INSEE code (five characters, such as `31555` or `2A004`), or None."""
    line = _lines_by_insee().get(insee)
    if line is None:
        return None
    name, departement, region = line.rsplit(",", 2)
    return Commune(insee=insee, name=name, departement=departement, region=region)


def communes_of_region(region: str) -> list[Commune]:
    """Return the communes of one region, by INSEE code; empty for an unknown region."""
    ending = f",{region}"
    found = (find_commune(insee) for insee, line in _lines_by_insee().items() if line.endswith(ending))
    return [commune for commune in found if commune is not None]


@cache
def _lines_by_insee() -> dict[str, str]:
    # The rows stay text: 35,000 objects would cost each service's process more than it ever reads.
    text = resources.files("contracts").joinpath("data/communes.csv").read_text(encoding="utf-8")
    rows = (line.partition(",") for line in text.splitlines()[1:])
    return {insee: rest for insee, _, rest in rows}
