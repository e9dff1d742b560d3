"""The family quotient API answers in the shape of API Particulier v3, and misbehaves when asked to."""

import time
from typing import Any

import httpx
import pytest

from sandbox.family_quotient.calls import calls_per_s_max
from sandbox.family_quotient.families import FRANCE, read_families
from sandbox.family_quotient.matching import name_key

PATH = "/v3/dss/quotient_familial/identite"
AMIRA = {
    "recipient": "20005379100014",
    "nomNaissance": "BENALI ROUX",
    "prenoms[]": ["Amira"],
    "anneeDateNaissance": "1988",
    "moisDateNaissance": "4",
    "jourDateNaissance": "12",
    "sexeEtatCivil": "F",
    "codeCogInseePaysNaissance": FRANCE,
    "codeCogInseeCommuneNaissance": "31555",
    "annee": "2020",
    "mois": "7",
}


def ask(quotient_api: httpx.Client, **changes: Any) -> httpx.Response:
    """Ask about Amira, changed; waits its turn, for the API takes so many calls a second."""
    query = {name: value for name, value in (AMIRA | changes).items() if value is not None}
    while True:
        answer = quotient_api.get(PATH, params=query)
        if answer.status_code != 429:
            return answer
        time.sleep(float(answer.headers["Retry-After"]))


def ask_given_names(quotient_api: httpx.Client, *names: str) -> httpx.Response:
    return ask(quotient_api, **{"prenoms[]": list(names)})


def test_the_answer_has_the_shape_of_the_real_one(quotient_api: httpx.Client) -> None:
    answer = ask(quotient_api)
    assert answer.status_code == 200
    body = answer.json()
    assert list(body) == ["data", "links", "meta"]
    assert body["data"]["quotient_familial"]["valeur"] == 640
    assert body["data"]["quotient_familial"]["fournisseur"] == "CNAF"
    assert (body["data"]["quotient_familial"]["annee"], body["data"]["quotient_familial"]["mois"]) == (
        2020,
        7,
    )
    assert set(body["data"]) == {"allocataires", "enfants", "adresse", "quotient_familial"}
    assert (len(body["data"]["allocataires"]), len(body["data"]["enfants"])) == (2, 3)
    assert body["data"]["allocataires"][0] == {
        "nom_naissance": "BENALI-ROUX",
        "nom_usage": None,
        "prenoms": "AMIRA LEÏLA",
        "date_naissance": "1988-04-12",
        "sexe": "F",
    }


@pytest.mark.parametrize("name", ["Benali-Roux", "bénali roux", "BENALIROUX"])
def test_accents_hyphens_and_case_do_not_matter(quotient_api: httpx.Client, name: str) -> None:
    assert ask(quotient_api, nomNaissance=name).status_code == 200


def test_given_names_are_the_first_ones_of_the_civil_status(quotient_api: httpx.Client) -> None:
    assert ask_given_names(quotient_api, "AMIRA", "Leila").status_code == 200
    assert ask_given_names(quotient_api, "Leïla").status_code == 404
    assert ask_given_names(quotient_api, "Amira", "Zohra").status_code == 404


def test_a_compound_given_name_is_one_name_however_it_is_sent(quotient_api: httpx.Client) -> None:
    jean_noel = {
        "nomNaissance": "d’Aragon",
        "anneeDateNaissance": "1983",
        "moisDateNaissance": "12",
        "jourDateNaissance": "24",
        "sexeEtatCivil": "M",
        "codeCogInseeCommuneNaissance": "30189",
    }
    for names, status in ((["Jean Noel"], 200), (["jean", "noël"], 200), (["Jean"], 404)):
        assert ask(quotient_api, **jean_noel, **{"prenoms[]": names}).status_code == status


@pytest.mark.parametrize(
    "changes",
    [
        {"nomNaissance": "Benali"},
        {"anneeDateNaissance": "1989"},
        {"moisDateNaissance": "5"},
        {"jourDateNaissance": "13"},
        {"sexeEtatCivil": "M"},
        {"codeCogInseeCommuneNaissance": "66136"},
        {"codeCogInseePaysNaissance": "99350"},
    ],
)
def test_another_civil_identity_is_not_found(quotient_api: httpx.Client, changes: dict[str, str]) -> None:
    answer = ask(quotient_api, **changes)
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["code"] == "37003"


@pytest.mark.parametrize(
    ("changes", "parameter"),
    [
        ({"recipient": None}, "recipient"),
        ({"recipient": "20005379100015"}, "recipient"),
        ({"nomNaissance": None}, "nomNaissance"),
        ({"prenoms[]": None}, "prenoms[]"),
        ({"anneeDateNaissance": None}, "anneeDateNaissance"),
        ({"moisDateNaissance": "13"}, "moisDateNaissance"),
        ({"jourDateNaissance": "0"}, "jourDateNaissance"),
        ({"sexeEtatCivil": "X"}, "sexeEtatCivil"),
        ({"codeCogInseePaysNaissance": None}, "codeCogInseePaysNaissance"),
        ({"codeCogInseeCommuneNaissance": None}, "codeCogInseeCommuneNaissance"),
        ({"mois": None}, "mois"),
    ],
)
def test_a_wrong_or_missing_parameter_is_named(
    quotient_api: httpx.Client, changes: dict[str, str | None], parameter: str
) -> None:
    answer = ask(quotient_api, **changes)
    assert answer.status_code == 422
    assert [error["source"] for error in answer.json()["errors"]] == [{"parameter": parameter}]


def test_a_person_born_abroad_needs_no_commune(quotient_api: httpx.Client) -> None:
    nadia = {
        "nomNaissance": "El Idrissi",
        "prenoms[]": ["Nadia"],
        "anneeDateNaissance": "1989",
        "moisDateNaissance": "1",
        "jourDateNaissance": "7",
        "codeCogInseePaysNaissance": "99350",
        "codeCogInseeCommuneNaissance": None,
    }
    assert ask(quotient_api, **nadia).json()["data"]["quotient_familial"]["valeur"] == 320


def test_a_wrong_token_is_refused(quotient_api: httpx.Client) -> None:
    answer = quotient_api.get(PATH, params=AMIRA, headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 401


def test_too_many_calls_in_a_second_are_told_to_wait(quotient_api: httpx.Client) -> None:
    answers = [quotient_api.get(PATH, params=AMIRA) for _ in range(calls_per_s_max * 3)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert {answer.headers["Retry-After"] for answer in refused} == {"1"}
    assert ask(quotient_api).status_code == 200


def test_faults_come_in_order_and_then_all_is_well(quotient_api: httpx.Client) -> None:
    faults = [{"status": 429, "retry_after_s": 0}, {"status": 502}, {"status": 404}, {"body": "garbage"}]
    assert quotient_api.put("/_faults", json=faults).status_code == 204
    too_many, failed, missing, garbage = (quotient_api.get(PATH, params=AMIRA) for _ in faults)
    assert (too_many.status_code, too_many.headers["Retry-After"]) == (429, "0")
    assert (failed.status_code, failed.json()["errors"][0]["code"]) == (502, "37999")
    assert (missing.status_code, missing.json()["errors"][0]["code"]) == (404, "37003")
    assert (garbage.status_code, garbage.text) == (200, "garbage")
    assert ask(quotient_api).status_code == 200


def test_a_dropped_call_gets_no_answer(quotient_api: httpx.Client) -> None:
    quotient_api.put("/_faults", json=[{"drop": True}])
    with pytest.raises(httpx.RemoteProtocolError):
        quotient_api.get(PATH, params=AMIRA)
    assert ask(quotient_api).status_code == 200


def test_a_delayed_call_outlasts_an_impatient_caller(quotient_api: httpx.Client) -> None:
    quotient_api.put("/_faults", json=[{"delay_s": 1}])
    with pytest.raises(httpx.ReadTimeout):
        quotient_api.get(PATH, params=AMIRA, timeout=0.1)


@pytest.mark.parametrize(
    "faults", [{}, [1], [{"status": 200}], [{"delay_s": "1"}], [{"unknown": 1}], [{"body": 3}]]
)
def test_a_fault_that_cannot_be_played_is_refused(quotient_api: httpx.Client, faults: Any) -> None:
    assert quotient_api.put("/_faults", json=faults).status_code == 422


def test_calls_are_counted_without_who_was_asked_about(quotient_api: httpx.Client) -> None:
    before = quotient_api.get("/_calls").json()["count"]
    ask(quotient_api)
    after = quotient_api.get("/_calls")
    assert after.json()["count"] > before
    assert set(after.json()["calls"][-1]) == {"at", "outcome"}
    assert "benali" not in after.text.lower()


def test_the_families_cover_the_cases_that_decide() -> None:
    families = read_families()
    quotients = {family.quotient_euros for family in families}
    assert len(families) >= 14
    assert {150, 412, 640, 650, 999, 1000, 1001, 2550} <= quotients
    assert {family.source for family in families} == {"CNAF", "MSA"}
    assert {len(family.children) for family in families} == set(range(1, 7))
    occitanie = {"09", "11", "12", "30", "31", "32", "34", "46", "48", "65", "66", "81", "82"}
    assert {family.postal_town[:2] for family in families} == occitanie


def test_no_two_adults_share_an_identity() -> None:
    adults = [adult for family in read_families() for adult in family.adults]
    keys = {
        (name_key(adult.birth_name), name_key(adult.given_names[0]), adult.birth_date) for adult in adults
    }
    assert len(keys) == len(adults)
