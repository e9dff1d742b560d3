"""Signing in and out, forms of other sites, and what was typed when a session had ended."""

import httpx
import pytest

from portal.session import COOKIE, Sessions
from tests.portal.reading import faults_of, read

FORM = {"email": "lea@example.org", "code": "123456"}


def hidden(html: str) -> dict[str, str]:
    """The hidden fields of a page."""
    return {
        one["name"]: one.get("value", "") for one in read(html).all("input") if one.get("type") == "hidden"
    }


def test_a_holder_signs_in_with_the_code_of_a_mail_and_signs_out(browser: httpx.Client) -> None:
    asked = browser.post("/connexion", data={"email": FORM["email"]})
    assert hidden(asked.text) == {"email": FORM["email"]}
    entered = browser.post("/connexion/code", data=FORM)
    assert (entered.status_code, entered.headers["Location"]) == (303, "/mon-espace")
    assert "Se déconnecter" in read(browser.get("/").text).text
    left = browser.post("/deconnexion")
    assert left.headers["Location"] == "/"
    home = read(browser.get("/").text).text
    assert "Vous êtes déconnecté." in home
    assert "Se déconnecter" not in home
    assert "Vous êtes déconnecté." not in read(browser.get("/").text).text


def test_staff_sign_in_with_a_password_and_set_a_new_one_first(browser: httpx.Client) -> None:
    form = {"username": "officer@region.example", "password": "first"}
    asked = browser.post("/connexion/equipe", data=form)
    fields = {one["id"]: one for one in read(asked.text).all("input") if "id" in one}
    assert asked.status_code == 400
    assert fields["new_password"]["aria-invalid"] == "true"
    assert fields["username"]["value"] == form["username"]
    assert fields["password"].get("value", "") == ""
    entered = browser.post("/connexion/equipe", data={**form, "new_password": "rather long now"})
    assert (entered.status_code, entered.headers["Location"]) == (303, "/agent")


@pytest.mark.parametrize(
    ("path", "data", "status", "wrong"),
    [
        ("/connexion", {"email": "lea"}, 422, ["email"]),
        ("/connexion", {"email": ""}, 422, ["email"]),
        ("/connexion/code", {"email": FORM["email"], "code": "000000"}, 400, []),
        ("/connexion/equipe", {"username": "nobody", "password": "x"}, 400, []),
    ],
)
def test_a_mistake_is_told_on_top_and_at_its_field(
    browser: httpx.Client, path: str, data: dict[str, str], status: int, wrong: list[str]
) -> None:
    answer = browser.post(path, data=data)
    page = read(answer.text)
    assert answer.status_code == status
    assert faults_of(page) == []
    assert [one.get("id") for one in page.all("input") if one.get("aria-invalid")] == wrong
    assert [
        one["href"] for one in page.all("a") if one["href"].startswith("#") and one.get("class") != "skip"
    ] == [f"#{field}" for field in wrong]
    assert "Non : distance." in page.text


@pytest.mark.parametrize("path", ["/connexion", "/connexion/equipe"])
def test_a_sign_in_page_can_be_read_by_everybody(browser: httpx.Client, path: str) -> None:
    assert faults_of(read(browser.get(path).text)) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "", "Origin": "https://elsewhere.example"},
    ],
)
def test_a_form_of_another_site_changes_nothing(browser: httpx.Client, headers: dict[str, str]) -> None:
    answer = browser.post("/connexion/code", data=FORM, headers=headers)
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers
    assert "ne vient pas de notre site" in read(answer.text).text


def test_a_browser_that_says_the_origin_only_is_believed(browser: httpx.Client) -> None:
    del browser.headers["Sec-Fetch-Site"]
    try:
        alone = browser.post("/connexion/code", data=FORM)
        ours = browser.post(
            "/connexion/code", data=FORM, headers={"Origin": str(browser.base_url).rstrip("/")}
        )
    finally:
        browser.headers["Sec-Fetch-Site"] = "same-origin"
    assert (alone.status_code, ours.status_code) == (403, 303)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{}", "application/json"),
        (b"email=%ff", "application/x-www-form-urlencoded"),
        (b"email=" + b"x" * 70_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % n for n in range(500)), "application/x-www-form-urlencoded"),
    ],
)
def test_what_is_no_form_of_ours_is_refused_as_a_whole(
    browser: httpx.Client, content: bytes, kind: str
) -> None:
    answer = browser.post("/connexion", content=content, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert faults_of(read(answer.text)) == []


def test_a_session_that_somebody_else_sealed_is_none(browser: httpx.Client) -> None:
    foreign = Sessions("1" * 43 + "=")
    browser.cookies.set(COOKIE, foreign.seal({"person": {"token": "x", "until": 2**40, "kind": "holder"}}))
    assert "Se connecter" in read(browser.get("/").text).text
