"""A provider's sales as a file for a spreadsheet program, as its accountant in France opens it.

Semicolons, decimal commas and French heads, because that is what such a program expects there; a byte order
mark, because Excel takes a file without one for Windows-1252 and spoils every accent.
"""

import csv
import re
from collections.abc import Mapping
from io import StringIO

from starlette.responses import Response

from contracts.offers import ProviderView, Statistics, StatisticsRow

CSV = "text/csv"
JSON = "application/json"
HEAD_OF_KEY = {
    "day": ("Jour",),
    "offer": ("Offre", "Intitulé"),
    "card_type": ("Formule",),
    "site": ("Site", "Nom"),
}
COUNTS = {"redemptions": "Passages", "adults": "Adultes", "children": "Enfants"}
AMOUNTS = {
    "gross_cents": "Prix public (€)",
    "reduction_cents": "Réduction (€)",
    "net_cents": "Prix réduit (€)",
    "paid_from_pot_cents": "Payé par la cagnotte (€)",
}
FILENAME = {"day": "jour", "offer": "offre", "card_type": "formule", "site": "site"}
QUALITY = re.compile(r"[01]([.][0-9]{0,3})?")
# A program that is set to commas cuts a cell in two at each, so a formula may begin there as well.
FORMULA = re.compile(r"""((?:^|[,;|"'])\s*)(?=[=+\-@＝＋－＠])""")


def is_asked_for(accept: str) -> bool:
    """Whether a caller with this ``Accept`` would rather have a spreadsheet than JSON (RFC 9110 §12.5.1)."""
    return _wanted(accept, CSV) > _wanted(accept, JSON)


def _wanted(accept: str, media_type: str) -> tuple[float, int]:
    """How much, and by how exact a range; the most exact one counts."""
    ranges = [media_type, f"{media_type.partition('/')[0]}/*", "*/*"]
    found = [(0.0, -len(ranges))]
    for one in accept.lower().split(","):
        media, *more = (part.strip() for part in one.split(";"))
        quality = next((part[2:] for part in more if part.startswith("q=")), "1")
        if media in ranges and QUALITY.fullmatch(quality):
            found.append((float(quality), -ranges.index(media)))
    return max(found, key=lambda one: one[1])


def sales_answer(found: Statistics, provider: ProviderView, first_day: str, last_day: str) -> Response:
    """The statistics as a file to be saved; ``Vary`` because the same address also answers JSON."""
    name = f"ventes-par-{FILENAME[found['by']]}-{first_day}-{last_day}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Vary": "Accept"}
    return Response(sales_sheet(found, provider).encode("utf-8-sig"), headers=headers, media_type=CSV)


def sales_sheet(found: Statistics, provider: ProviderView) -> str:
    """One line a row, no total: a program sums by itself, and would count it twice."""
    names = {offer["id"]: offer["title"]["fr"] for offer in provider["offers"]}
    names |= {site["id"]: site["name"] for site in provider["sites"]}
    text = StringIO()
    # Every cell in quotes: a name holds what it likes, and stays in its cell.
    sheet = csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL)
    sheet.writerow(["Prestataire", *HEAD_OF_KEY[found["by"]], *COUNTS.values(), *AMOUNTS.values()])
    for row in found["rows"]:
        key = (row["key"], names.get(row["key"], ""))[: len(HEAD_OF_KEY[found["by"]])]
        sheet.writerow([*map(harmless, (provider["name"], *key)), *_figures(row)])
    return text.getvalue()


def harmless(text: str) -> str:
    """The text as one line, with an apostrophe before whatever would be taken for a formula.

    Source: OWASP, CSV Injection. Only for what people wrote: our own figures may begin with a minus.
    """
    return FORMULA.sub(r"\1'", " ".join(text.split()))


def euros(cents: int) -> str:
    """``-1250`` → ``-12,50``."""
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole},{rest:02d}"


def _figures(row: StatisticsRow) -> list[str]:
    figures: Mapping[str, object] = row
    return [
        *(str(figures[name]) for name in COUNTS),
        *(euros(int(str(figures[name]))) for name in AMOUNTS),
    ]
