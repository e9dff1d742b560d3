"""Settings from variables and from files, and what is refused before a process starts."""

from pathlib import Path

import pytest

from chassis.database.settings import ServiceSettings
from chassis.settings import SettingsError, read_settings, required, variable

GIVEN = {
    "ENVIRONMENT": "production",
    "AMQP_URI": "amqps://cards:secret@broker.example",
    "DATABASE_URL": "postgresql+psycopg2://cards:secret@database.example/cards",
    "METRICS_PORT": "9100",
    "TOKEN_PUBLIC_KEYS": "{}",
    "SERVICE_PUBLIC_KEYS": "{}",
    "SERVICE_SIGNING_KEY": "{}",
    "PUBLIC_URL": "https://carte.example",
    "PROGRAMMES_DIR": "/programmes",
}
TWO_HOSTS = "postgresql+psycopg2://cards:secret@/cards?host=one:5432&host=two:5432"


def problems(**changes: str) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        read_settings(ServiceSettings, GIVEN | changes)
    assert "secret" not in str(refused.value)
    return str(refused.value).splitlines()


@pytest.mark.parametrize("name", sorted(GIVEN))
def test_every_variable_may_come_from_a_file(name: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(GIVEN[name] + "\n")
    given = {other: text for other, text in GIVEN.items() if other != name} | {f"{name}_FILE": str(file)}
    assert read_settings(ServiceSettings, given) == read_settings(ServiceSettings, GIVEN)


def test_a_variable_and_its_file_at_once_are_refused(tmp_path: Path) -> None:
    assert problems(AMQP_URI_FILE=str(tmp_path)) == [
        "AMQP_URI and AMQP_URI_FILE are both set: one of them is enough"
    ]


def test_a_file_that_cannot_be_read_is_named_by_its_variable(tmp_path: Path) -> None:
    environ = {"SEALING_KEY_FILE": str(tmp_path / "absent")}
    with pytest.raises(
        SettingsError, match="SEALING_KEY_FILE names a file that cannot be read: FileNotFound"
    ):
        variable("SEALING_KEY", environ)


def test_what_is_required_is_missed_by_name() -> None:
    with pytest.raises(SettingsError, match=r"^DATABASE_URL is missing$"):
        required("DATABASE_URL", {})


def test_a_broker_that_is_not_checked_is_refused_in_production_only() -> None:
    unchecked = GIVEN["AMQP_URI"] + "/?verify=verify_none"
    assert problems(AMQP_URI=unchecked) == [
        "AMQP_URI: verify_none lets anybody play the broker and is refused in production"
    ]
    read = read_settings(ServiceSettings, GIVEN | {"AMQP_URI": unchecked, "ENVIRONMENT": "development"})
    assert read.amqp_uri == unchecked


def test_certificates_are_opened_before_the_process_starts(tmp_path: Path) -> None:
    no_certificate = tmp_path / "ca.pem"
    no_certificate.write_text("no certificate")
    for file, kind in ((tmp_path / "absent", "FileNotFoundError"), (no_certificate, "SSLError")):
        assert problems(AMQP_URI=f"{GIVEN['AMQP_URI']}/?cacertfile={file}") == [
            f"AMQP_URI: a certificate or key cannot be read: {kind}"
        ]


def test_each_problem_of_a_broker_url_has_its_line() -> None:
    assert problems(AMQP_URI="amqps://broker.example/v?keyfile=/k.pem&verify=no") == [
        "AMQP_URI: it has a verify that is neither verify_peer nor verify_none",
        "AMQP_URI: it has a keyfile without a certfile",
    ]


@pytest.mark.parametrize("attribute", ["", "&target_session_attrs=any", "&target_session_attrs=standby"])
def test_several_databases_without_a_word_about_standbys_are_refused(attribute: str) -> None:
    assert problems(DATABASE_URL=TWO_HOSTS + attribute) == [
        "DATABASE_URL names several hosts, so it must say target_session_attrs=read-write or =primary"
    ]


@pytest.mark.parametrize("attribute", ["read-write", "primary"])
def test_several_databases_of_which_the_primary_is_asked_for_are_taken(attribute: str) -> None:
    url = f"{TWO_HOSTS}&target_session_attrs={attribute}"
    assert read_settings(ServiceSettings, GIVEN | {"DATABASE_URL": url}).database_url == url


def test_hosts_in_libpqs_own_way_are_refused_with_ours() -> None:
    [said] = problems(DATABASE_URL="postgresql+psycopg2://cards:secret@one:5432,two:5432/cards")
    assert said == "DATABASE_URL is no URL; several hosts are given as ?host=one:5432&host=two:5432"
