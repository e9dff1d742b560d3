"""Communes are found by what people type, with a centre where there is one."""

import pytest

from contracts.communes import communes_of_region
from contracts.places import _places_by_key, find_places

OCCITANIE = "76"


def names(search: str, limit: int = 50) -> list[str]:
    return [place.name for place in find_places(search, limit)]


@pytest.mark.parametrize("search", ["saint alban", "St-Alban", "SAINT-ALBAN", "  St. Albàn "])
def test_accents_hyphens_case_and_short_forms_do_not_matter(search: str) -> None:
    assert names(search)[0] == "Saint-Alban"
    assert "Saint-Alban-sur-Limagnole" in names(search)


@pytest.mark.parametrize(
    ("search", "name"),
    [
        ("Sète", "Sète"),
        ("sete", "Sète"),
        ("l'isle jourdain", "L'Isle-Jourdain"),
        ("34200", "Sète"),
        ("Ur", "Ur"),
    ],
)
def test_a_commune_is_found_by_its_name_or_its_postal_code(search: str, name: str) -> None:
    assert names(search)[0] == name


def test_the_whole_name_stands_before_longer_ones() -> None:
    assert names("Montauban") == ["Montauban", "Montauban-de-Luchon"]
    assert names("lunas", 1) == ["Lunas-les-Châteaux"]


def test_a_postal_code_of_two_regions_has_the_communes_of_this_one() -> None:
    assert [place.departement for place in find_places("48250", 50)] == ["48"] * len(names("48250"))


def test_the_beginning_of_a_postal_code_finds_each_commune_once_and_no_more_than_asked_for() -> None:
    assert len(names("34", 7)) == 7
    found = [place.insee for place in find_places("11", 50_000)]
    assert len(found) == len(set(found))


@pytest.mark.parametrize("search", ["", " ", "--", "Lyon", "99999", "zzz"])
def test_what_is_no_commune_of_the_region_is_not_found(search: str) -> None:
    assert names(search) == []


def test_every_commune_of_the_region_stands_there_and_has_coordinates_or_says_that_it_has_none() -> None:
    places = set(_places_by_key()[1])
    assert {place.insee for place in places} == {one.insee for one in communes_of_region(OCCITANIE)}
    for place in places:
        assert (place.centre is None) == (place.latitude is None) == (place.longitude is None)
        if place.latitude is not None and place.longitude is not None:
            assert 42.3 < place.latitude < 45.1
            assert -0.4 < place.longitude < 4.9
    assert sum(place.centre is None for place in places) == 249
