"""Communes are found by INSEE code, with the region that decides residence."""

import pytest

from contracts.communes import REGION_CODES, Commune, _lines_by_insee, communes_of_region, find_commune


def test_all_communes_of_occitania_are_known() -> None:
    communes = communes_of_region("76")
    assert len(communes) == 4446
    assert len({commune.departement for commune in communes}) == 13


@pytest.mark.parametrize(
    ("insee", "name", "departement", "region"),
    [
        ("31555", "Toulouse", "31", "76"),
        ("09001", "Aigues-Juntes", "09", "76"),
        ("2A004", "Ajaccio", "2A", "94"),
        ("13055", "Marseille", "13", "93"),
        ("13201", "Marseille 1er Arrondissement", "13", "93"),
        ("97411", "Saint-Denis", "974", "04"),
    ],
)
def test_a_commune_has_its_name_departement_and_region(
    insee: str, name: str, departement: str, region: str
) -> None:
    expected = Commune(insee=insee, name=name, departement=departement, region=region)
    assert find_commune(insee) == expected


@pytest.mark.parametrize("insee", ["", "31000", "9001", "insee", "31555 ", "99999"])
def test_what_is_no_insee_code_is_not_found(insee: str) -> None:
    assert find_commune(insee) is None


def test_every_region_code_of_the_data_is_known_to_programmes() -> None:
    assert {line.rsplit(",", 1)[1] for line in _lines_by_insee().values()} == REGION_CODES
