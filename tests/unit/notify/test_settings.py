"""A mail server that cannot be is refused at the start."""

import pytest

from chassis.settings import SettingsError, read_settings
from notify.settings import Settings
from notify.smtp import read_smtp_url

ENVIRON = {
    "ENVIRONMENT": "production",
    "AMQP_URI": "amqp://localhost",
    "DATABASE_URL": "postgresql+psycopg2://localhost/notify",
    "METRICS_PORT": "9000",
    "TOKEN_PUBLIC_KEYS": '{"keys": []}',
    "SERVICE_PUBLIC_KEYS": '{"keys": []}',
    "SERVICE_SIGNING_KEY": "{}",
    "PUBLIC_URL": "https://cartes.example",
    "PROGRAMMES_DIR": "programmes",
    "SMTP_URL": "smtp+starttls://notify:s%40fe@smtp.example:587",
    "MAIL_FROM": "Carte <ne-pas-repondre@cartes.example>",
}


def test_the_url_says_where_how_and_as_whom() -> None:
    server = read_smtp_url(ENVIRON["SMTP_URL"])
    assert (server.host, server.port, server.encrypted) == ("smtp.example", 587, True)
    assert (server.user, server.password) == ("notify", "s@fe")
    assert "s@fe" not in repr(server)


def test_ports_have_defaults() -> None:
    assert read_smtp_url("smtp://localhost").port == 25
    assert read_smtp_url("smtp+starttls://localhost").port == 587


@pytest.mark.parametrize(
    "url", ["http://smtp.example", "smtp://", "smtp://u:p@smtp.example", "smtp://host:x", "smtp.example:25"]
)
def test_a_url_that_cannot_be_stops_the_start(url: str) -> None:
    with pytest.raises(SettingsError, match="SMTP_URL"):
        read_settings(Settings, ENVIRON | {"SMTP_URL": url})


@pytest.mark.parametrize("sender", ["nobody", "@cartes.example", "Carte <>"])
def test_a_sender_without_address_stops_the_start(sender: str) -> None:
    with pytest.raises(SettingsError, match="MAIL_FROM"):
        read_settings(Settings, ENVIRON | {"MAIL_FROM": sender})
