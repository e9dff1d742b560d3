"""A resident's own pages, in front of a stand-in for the API."""

import re

import httpx
import pytest

from tests.portal.reading import faults_of, read
from tests.portal.test_sign_in import FORM, hidden

# Page and status.
PAGES = {
    "/mon-espace": 200,
    "/mon-espace?cursor=ord_made": 200,
    "/mon-espace/cartes/car_1": 200,
    "/mon-espace/cartes/car_1?cursor=20": 200,
    "/mon-espace/cartes/car_empty": 200,
    "/mon-espace/cartes/car_lost": 200,
    "/mon-espace/cartes/car_old": 200,
    "/mon-espace/cartes/car_1/bon": 200,
    "/mon-espace/cartes/car_1/perte": 200,
    "/mon-espace/cartes/car_lost/remplacement": 200,
    "/mon-espace/commandes/ord_1/adresse": 200,
    "/mon-espace/commandes/ord_1/adresse/code": 200,
    "/mon-espace/visites/red_44/contestation": 200,
    "/mon-espace/cartes/car_other": 404,
    "/mon-espace/cartes/car_other/bon": 404,
    "/mon-espace/cartes/car_other/perte": 404,
    "/mon-espace/cartes/car_other/remplacement": 404,
    "/mon-espace/cartes/car_other/qr.svg": 404,
    "/mon-espace/cartes/car_other/bon.pdf": 404,
    "/mon-espace/commandes/ord_other/adresse": 404,
    "/mon-espace/visites/red_other/contestation": 404,
}
HTML_MAX = 60_000


@pytest.fixture
def holder(browser: httpx.Client) -> httpx.Client:
    """Somebody who has signed in by a code."""
    assert browser.post("/connexion/code", data=FORM).status_code == 303
    return browser


def sent(browser: httpx.Client, path: str, **typed: str) -> httpx.Response:
    """The answer to the form of a page, with what is typed."""
    return browser.post(path, data=hidden(browser.get(path).text) | typed)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(("path", "status"), PAGES.items())
def test_an_own_page_can_be_read_by_everybody(
    holder: httpx.Client, path: str, status: int, language: str
) -> None:
    answer = holder.get(path, headers={"Accept-Language": language})
    page = read(answer.text)
    assert answer.status_code == status
    assert faults_of(page) == []
    assert page.all("html")[0]["lang"] == language
    assert len(answer.content) < HTML_MAX
    assert not re.search(r"%\(|\b(resident|visit|order|card|pot|savings)\.\w", page.text)
    assert all(one["src"].startswith("/static/") for one in page.all("script"))
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", [path for path in PAGES if "?" not in path])
def test_nobody_reads_it_without_signing_in_and_comes_back_to_it_afterwards(
    browser: httpx.Client, path: str
) -> None:
    assert browser.get(path).headers["Location"] == "/connexion"
    assert browser.post("/connexion/code", data=FORM).headers["Location"] == path


def test_cards_and_orders_are_told_apart_and_say_what_they_wait_for(holder: httpx.Client) -> None:
    page = read(holder.get("/mon-espace").text)
    assert "Valable du 1er juillet 2020 au 30 juin 2021" in page.text
    assert "Vos justificatifs sont en cours de vérification" in page.text
    assert "Le paiement de 15,00 € est attendu" in page.text
    assert "https://bank.example/pay_1" in [one["href"] for one in page.all("a")]
    assert "Le justificatif de domicile ne montre pas" in page.text
    assert "arrive dans un instant" in page.text


def test_who_has_nothing_yet_is_told_how_to_order(holder: httpx.Client) -> None:
    assert "Vous n’avez pas encore de carte." in read(holder.get("/mon-espace?cursor=ord_made").text).text


def test_a_card_shows_its_code_its_pots_its_savings_and_its_visits(holder: httpx.Client) -> None:
    page = read(holder.get("/mon-espace/cartes/car_1").text)
    (code,) = page.all("img")
    assert code["src"] == "/mon-espace/cartes/car_1/qr.svg"
    assert "4242" in code["alt"]
    assert "Il reste 139,50 € sur 210,00 €, à dépenser jusqu’au 15 novembre 2020" in page.text
    assert "la cagnotte ne paie rien avant la décision d’un agent" in page.text
    assert "532,00 € de réductions en 38 visites." in page.text
    assert "Le prix de la carte (15,00 €) est regagné depuis le 12 juillet 2020." in page.text
    assert "14 juillet 2020 à 15:04 Club de kayak Descente Prix 38,00 € Réduction 14,00 €" in page.text
    assert "Un prestataire qui n’est plus au programme" in page.text
    assert "Annulée le 14 juillet 2020 à 16:00" in page.text


def test_visits_are_read_page_by_page_to_the_first(holder: httpx.Client) -> None:
    path, seen = "/mon-espace/cartes/car_1", 0
    while True:
        page = read(holder.get(path).text)
        seen += len([one for one in page.all("li") if "data-visit" in one])
        older = [one["href"] for one in page.all("a") if one.get("rel") == "next"]
        if not older:
            break
        (path,) = older
    assert seen == 45


@pytest.mark.parametrize("card", ["car_lost", "car_old"])
def test_a_card_that_nobody_accepts_shows_no_code(holder: httpx.Client, card: str) -> None:
    page = read(holder.get(f"/mon-espace/cartes/{card}").text)
    assert page.all("img") == []
    assert {"id": "awake"} not in page.all("button")


@pytest.mark.parametrize(("path", "kind"), [("qr.svg", "image/svg+xml"), ("bon.pdf", "application/pdf")])
def test_code_and_voucher_are_passed_through_to_their_holder_alone(
    holder: httpx.Client, path: str, kind: str
) -> None:
    answer = holder.get(f"/mon-espace/cartes/car_1/{path}")
    assert answer.headers["Content-Type"].startswith(kind)
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_holder_says_of_a_visit_that_it_was_not_theirs(holder: httpx.Client) -> None:
    path = "/mon-espace/visites/red_44/contestation"
    assert "la cagnotte de votre foyer ne paie plus rien" in read(holder.get(path).text).text
    answer = sent(holder, path, note="Nous étions à Foix.")
    assert answer.headers["Location"] == "/mon-espace"
    assert "C’est signalé." in read(holder.get("/mon-espace").text).text


def test_a_refused_dispute_keeps_what_was_typed(holder: httpx.Client) -> None:
    answer = sent(holder, "/mon-espace/visites/red_1/contestation", note="Nous étions à Foix.")
    assert answer.status_code == 409
    assert faults_of(read(answer.text)) == []
    assert "Non : dispute_too_late." in answer.text
    assert "Nous étions à Foix." in answer.text


def test_a_lost_card_is_blocked_and_replaced_once_however_often_it_is_sent(holder: httpx.Client) -> None:
    lost = "/mon-espace/cartes/car_1/perte"
    assert "Non : invalid_field." in sent(holder, lost, reason="").text
    blocked = sent(holder, lost, reason="lost")
    assert blocked.headers["Location"] == "/mon-espace/cartes/car_1/remplacement"
    path = "/mon-espace/cartes/car_lost/remplacement"
    form = hidden(holder.get(path).text)
    twice = [holder.post(path, data=form) for _ in range(2)]
    assert [one.headers["Location"] for one in twice] == ["/mon-espace/cartes/car_new"] * 2
    again = sent(holder, path)
    assert again.status_code == 409
    assert "Non : already_exists." in again.text


def test_the_voucher_is_mailed_again_and_a_refusal_is_told(holder: httpx.Client) -> None:
    assert sent(holder, "/mon-espace/cartes/car_1/bon").headers["Location"] == "/mon-espace/cartes/car_1"
    assert "Le bon est envoyé." in read(holder.get("/mon-espace/cartes/car_1").text).text


def test_an_address_is_corrected_with_the_code_that_it_was_mailed(holder: httpx.Client) -> None:
    path = "/mon-espace/commandes/ord_1/adresse"
    wrong = sent(holder, path, email="lea")
    assert wrong.status_code == 422
    assert 'value="lea"' in wrong.text
    asked = sent(holder, path, email="lea@nouvelle.example")
    assert "lea@nouvelle.example" in read(asked.text).text
    form = hidden(asked.text)
    refused = holder.post(f"{path}/code", data={**form, "code": "000000"})
    assert refused.status_code == 400
    assert "lea@nouvelle.example" in read(refused.text).text
    done = holder.post(f"{path}/code", data={**hidden(refused.text), "code": "123456"})
    assert done.headers["Location"] == "/mon-espace"
    assert "L’adresse est changée" in read(holder.get("/mon-espace").text).text


@pytest.mark.parametrize(
    "path",
    [
        "/mon-espace/visites/red_other/contestation",
        "/mon-espace/cartes/car_other/perte",
        "/mon-espace/cartes/car_other/remplacement",
        "/mon-espace/cartes/car_other/bon",
        "/mon-espace/commandes/ord_other/adresse",
        "/mon-espace/commandes/ord_other/adresse/code",
    ],
)
def test_a_form_for_what_is_somebody_elses_finds_no_page(holder: httpx.Client, path: str) -> None:
    typed = {"reason": "lost", "email": "a@b.example", "code": "123456"}
    if "visites" in path:
        path = path.replace("red_other", "other")
    assert holder.post(path, data=typed).status_code == 404


def test_what_was_typed_when_the_session_ended_is_sent_after_signing_in(holder: httpx.Client) -> None:
    path = "/mon-espace/visites/red_44/contestation"
    form = hidden(holder.get(path).text) | {"note": "Nous étions à Foix."}
    holder.cookies.clear()
    ended = holder.post(path, data=form)
    assert ended.status_code == 401
    assert "Nous étions" not in ended.text
    resumed = holder.post("/connexion/code", data=hidden(ended.text) | FORM)
    assert hidden(resumed.text) == form
    assert holder.post(path, data=hidden(resumed.text)).headers["Location"] == "/mon-espace"


def test_a_token_that_has_ended_is_renewed_on_the_way(browser: httpx.Client) -> None:
    browser.post("/connexion/code", data=FORM | {"code": "111111"})
    before = browser.cookies["session"]
    assert browser.get("/mon-espace").status_code == 200
    assert browser.cookies["session"] != before


def test_staff_have_no_page_here(browser: httpx.Client) -> None:
    form = {"username": "officer@region.example", "password": "long", "new_password": "rather long now"}
    browser.post("/connexion/equipe", data=form)
    assert browser.get("/mon-espace").headers["Location"] == "/connexion"
