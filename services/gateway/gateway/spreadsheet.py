"""A provider's sales as a file for a spreadsheet program, as its accountant in France opens it.

Semicolons, decimal commas and French heads, because that is what such a program expects there; a byte order
mark, because Excel takes a file without one for Windows-1252 and spoils every accent.
"""

import csv
import re
from collections.abc import Mapping
from io import StringIO

from flask import Response, request

from contracts.offers import ProviderView, Statistics, StatisticsRow

CSV = "text/csv"
JSON = "application/json"
HEAD_OF_KEY = {"day": ("Jour",), "offer": ("Offre", "Intitulé"), "card_type": ("Formule",)}
COUNTS = {"redemptions": "Passages", "adults": "Adultes", "children": "Enfants"}
AMOUNTS = {
    "gross_cents": "Prix public (€)",
    "reduction_cents": "Réduction (€)",
    "net_cents": "Prix réduit (€)",
    "paid_from_pot_cents": "Payé par la cagnotte (€)",
}
FILENAME = {"day": "jour", "offer": "offre", "card_type": "formule"}
# A program that is set to commas cuts a cell in two at each, so a formula may begin there as well.
FORMULA = re.compile(r"""((?:^|[,;|"'])\s*)(?=[=+\-@＝＋－＠])""")


def is_asked_for() -> bool:
    """Whether the caller would rather have a spreadsheet than JSON."""
    return request.accept_mimetypes.best_match([JSON, CSV]) == CSV


def sales_answer(found: Statistics, provider: ProviderView, first_day: str, last_day: str) -> Response:
    """The statistics as a file to be saved; ``Vary`` because the same address also answers JSON."""
    answer = Response(sales_sheet(found, provider).encode("utf-8-sig"), content_type=f"{CSV}; charset=utf-8")
    name = f"ventes-par-{FILENAME[found['by']]}-{first_day}-{last_day}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Vary"] = "Accept"
    return answer


def sales_sheet(found: Statistics, provider: ProviderView) -> str:
    """One line a row, no total: a program sums by itself, and would count it twice."""
    titles = {offer["id"]: offer["title"]["fr"] for offer in provider["offers"]}
    text = StringIO()
    # Every cell in quotes: a name holds what it likes, and stays in its cell.
    sheet = csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL)
    sheet.writerow(["Prestataire", *HEAD_OF_KEY[found["by"]], *COUNTS.values(), *AMOUNTS.values()])
    for row in found["rows"]:
        key = (row["key"], titles.get(row["key"], "")) if found["by"] == "offer" else (row["key"],)
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
