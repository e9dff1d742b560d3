"""The token endpoint as RFC 6749 wants it, and sign-in codes."""

from typing import Any

import pytest

from contracts.refusals import Refusal

TOKEN = {"access_token": "a.b.c", "token_type": "Bearer", "expires_in": 900, "scope": "orders:write"}
CLIENT = {"grant_type": "client_credentials", "client_id": "par_1", "client_secret": "s3cret"}
PASSWORD = {"grant_type": "password", "username": "o@example.org", "password": "old one"}
METHODS = ("issue_client_token", "issue_password_token", "issue_email_code_token", "issue_renewed_token")
REFRESH = {"grant_type": "refresh_token", "refresh_token": "r3fresh"}
CODE = {"grant_type": "urn:occygene:email-code", "email": "h@example.org", "code": "123456"}


@pytest.fixture
def signing_in(gateway: Any) -> Any:
    for method in METHODS:
        gateway.services.answers[f"identity.{method}"] = TOKEN
    return gateway


@pytest.mark.parametrize("sent_as", ["data", "json"])
@pytest.mark.parametrize(
    ("grant", "called", "kwargs"),
    [
        (CLIENT, "issue_client_token", {"client_id": "par_1", "client_secret": "s3cret"}),
        (
            PASSWORD,
            "issue_password_token",
            {"username": "o@example.org", "password": "old one", "new_password": None},
        ),
        (CODE, "issue_email_code_token", {"email": "h@example.org", "code": "123456"}),
        (REFRESH, "issue_renewed_token", {"refresh_token": "r3fresh"}),
    ],
)
def test_each_grant_is_taken_as_form_and_as_json(
    signing_in: Any, sent_as: str, grant: dict[str, str], called: str, kwargs: dict[str, Any]
) -> None:
    answer = signing_in.http.post("/v1/oauth/token", **{sent_as: grant})
    assert (answer.status_code, answer.json) == (200, TOKEN)
    assert answer.headers["Cache-Control"] == "no-store"
    assert signing_in.services.calls == [(f"identity.{called}", kwargs)]


@pytest.mark.parametrize(("grant", "field"), [(CODE, "email"), (CODE, "code"), (PASSWORD, "username")])
def test_spaces_around_a_code_or_an_address_do_not_count(
    signing_in: Any, grant: dict[str, str], field: str
) -> None:
    for sent in (grant, grant | {field: f" {grant[field]}\u00a0"}):
        assert signing_in.http.post("/v1/oauth/token", json=sent).status_code == 200
    first, second = signing_in.services.calls
    assert first == second


def test_a_client_may_send_its_secret_as_http_basic(signing_in: Any) -> None:
    form = {"grant_type": "client_credentials"}
    answer = signing_in.http.post("/v1/oauth/token", data=form, auth=("par_1", "s3cret"))
    assert answer.status_code == 200
    assert signing_in.services.calls[0][1] == {"client_id": "par_1", "client_secret": "s3cret"}
    assert signing_in.http.post("/v1/oauth/token", data=CLIENT, auth=("par_1", "s3cret")).status_code == 400


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"username": "x"}, "invalid_request"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "invalid_request"),
        ({**CLIENT, "surprise": "1"}, "invalid_request"),
        ({**CODE, "code": "x"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({**REFRESH, "refresh_token": "x" * 201}, "invalid_request"),
        ({**PASSWORD, "new_password": "short"}, "invalid_request"),
    ],
)
def test_a_wrong_request_is_a_400_with_the_rfcs_error(signing_in: Any, sent: Any, error: str) -> None:
    answer = signing_in.http.post("/v1/oauth/token", data=sent)
    assert (answer.status_code, answer.json["status"], answer.json["error"]) == (400, 400, error)
    assert answer.json["field"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert signing_in.services.calls == []


@pytest.mark.parametrize(("raw", "status"), [(b"[]", 400), (b"{", 400), (b'{"grant_type": {}}', 400)])
def test_no_object_no_token(signing_in: Any, raw: bytes, status: int) -> None:
    answer = signing_in.http.post("/v1/oauth/token", data=raw, content_type="application/json")
    assert answer.status_code == status
    assert signing_in.http.post("/v1/oauth/token", data=raw, content_type="text/plain").status_code == 415


@pytest.mark.parametrize(
    ("grant", "code", "status", "error"),
    [
        (CLIENT, "sign_in_refused", 401, "invalid_client"),
        (PASSWORD, "sign_in_refused", 400, "invalid_grant"),
        (CODE, "sign_in_refused", 400, "invalid_grant"),
        (REFRESH, "sign_in_refused", 400, "invalid_grant"),
        (PASSWORD, "new_password_required", 400, "invalid_grant"),
        (PASSWORD, "too_many_attempts", 429, "temporarily_unavailable"),
        (PASSWORD, "try_again", 503, "temporarily_unavailable"),
    ],
)
def test_a_refused_sign_in_says_so_in_both_vocabularies(
    gateway: Any, grant: dict[str, str], code: str, status: int, error: str
) -> None:
    for method in METHODS:
        gateway.services.answers[f"identity.{method}"] = Refusal(code)
    answer = gateway.http.post("/v1/oauth/token", data=grant)
    assert (answer.status_code, answer.json["error"], answer.json["code"]) == (status, error, code)
    assert answer.headers.get("WWW-Authenticate", "").startswith("Basic") is (status == 401)


def test_what_renews_a_sign_in_is_told_where_there_is_something(signing_in: Any) -> None:
    lasting = {**TOKEN, "refresh_token": "n3xt", "refresh_expires_in": 43_200}
    signing_in.services.answers["identity.issue_renewed_token"] = lasting
    assert signing_in.http.post("/v1/oauth/token", data=REFRESH).json == lasting


def test_signing_out_tells_nothing(gateway: Any) -> None:
    gateway.services.answers["identity.end_sign_in"] = None
    answer = gateway.http.post("/v1/oauth/revocations", json={"token": "r3fresh"})
    assert (answer.status_code, answer.data) == (204, b"")
    assert gateway.services.calls == [("identity.end_sign_in", {"refresh_token": "r3fresh"})]


def test_asking_for_a_sign_in_code_tells_nothing(gateway: Any) -> None:
    gateway.services.answers["identity.request_login_code"] = None
    answer = gateway.http.post("/v1/oauth/email-codes", json={"email": "who@example.org"})
    assert (answer.status_code, answer.data) == (202, b"")
