"""What a platform is configured with: secrets, environments, clock, programme files, given servers."""

import base64
import json
import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from devstack.__main__ import main
from devstack.clock import clock_of
from devstack.environment import (
    portal_environment,
    prepare_environment,
    sandbox_environment,
    service_environment,
    wire,
)
from devstack.errors import DevstackError
from devstack.folders import owned
from devstack.host.apt import POLICY_FORBIDS_ALL, nothing_starts
from devstack.programmes import PROJECT, copy_programmes
from devstack.secrets import DATABASE_SERVICES, SERVICES, load_secrets, make_secrets
from devstack.servers.backing import Backing, is_given
from devstack.servers.databases import DatabaseUrls
from devstack.services import parse_services

NOT_OURS = {"PATH", "HOME", "LANG", "PYTHONUNBUFFERED", "PYTHONSAFEPATH", "DYLD_FALLBACK_LIBRARY_PATH"}


def test_secrets_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    first = load_secrets(tmp_path)
    assert load_secrets(tmp_path) == first
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_no_secret_is_ever_the_same_twice() -> None:
    one, other = asdict(make_secrets()), asdict(make_secrets())
    assert [name for name in one if one[name] == other[name]] == []
    assert len({*one["database_passwords"].values()}) == len(DATABASE_SERVICES)


def test_the_published_key_is_the_signing_keys_public_half() -> None:
    secrets = make_secrets()
    private, (public,) = json.loads(secrets.token_signing_key), json.loads(secrets.token_public_keys)["keys"]
    key = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(private["d"] + "="))
    assert base64.urlsafe_b64decode(public["x"] + "=") == key.public_key().public_bytes_raw()
    assert public["kid"] == private["kid"]
    assert "d" not in public


def test_the_example_file_names_every_variable_that_services_get(tmp_path: Path) -> None:
    secrets = make_secrets()
    url = "postgresql+psycopg2://x"
    databases = dict.fromkeys(DATABASE_SERVICES, DatabaseUrls(service=url, owner=url))
    backing = Backing(amqp_uri="amqp://x", databases=databases)
    ports = {"gateway": 1, "bank": 2, "family_quotient": 3, "mailbox": 4, "portal": 6}
    wiring = wire(tmp_path, backing, secrets, ports)
    given = {name for service in SERVICES for name in service_environment(service, wiring, 5)}
    given = (given | portal_environment(wiring, 7).keys()) - NOT_OURS
    for_prepare = {name for name in prepare_environment("cards", wiring, 5) if name.startswith("OWNER_")}
    example = set(re.findall(r"^([A-Z_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE))
    per_service = {f"DATABASE_URL_{service.upper()}" for service in DATABASE_SERVICES}
    assert example == given | for_prepare | per_service
    assert given.isdisjoint(for_prepare)
    assert "DATABASE_URL" not in service_environment("gateway", wiring, 5)
    assert {"AMQP_URI", "DATABASE_URL", "TOKEN_SIGNING_KEY"}.isdisjoint(portal_environment(wiring, 7))
    assert "TOKEN_SIGNING_KEY" not in sandbox_environment(wiring)


def test_the_clock_moves_and_comes_back(tmp_path: Path) -> None:
    clock = clock_of(tmp_path)
    clock.set_time(datetime(2020, 7, 6, 7, 0, tzinfo=UTC))
    assert timedelta(0) <= clock.now() - datetime(2020, 7, 6, 7, 0, tzinfo=UTC) < timedelta(minutes=1)
    assert float((tmp_path / "clock").read_text()) < 0
    clock.advance(timedelta(days=132))
    assert clock.now().date() == datetime(2020, 11, 15, tzinfo=UTC).date()
    clock.reset()
    assert clock.offset_s() == 0


def test_a_naive_time_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="aware"):
        clock_of(tmp_path).set_time(datetime(2020, 7, 6, 9, 0))  # noqa: DTZ001 - that is the mistake


def test_extra_programmes_stand_beside_the_projects(tmp_path: Path) -> None:
    project, extra = tmp_path / "project", tmp_path / "made-up.toml"
    (project / "programmes").mkdir(parents=True)
    (project / "programmes" / "real.toml").write_text('code = "real"')
    extra.write_text('code = "made-up"')
    assert copy_programmes(tmp_path / "copy", extra, project) == ["made-up.toml", "real.toml"]
    assert copy_programmes(tmp_path / "copy", None, project) == ["real.toml"]
    assert [file.name for file in (tmp_path / "copy").iterdir()] == ["real.toml"]


@pytest.mark.parametrize(
    ("environ", "given"),
    [
        ({}, False),
        ({"AMQP_URI": "a", "DATABASE_URL": "d"}, True),
        ({"AMQP_URI": "a", **{f"DATABASE_URL_{s.upper()}": "d" for s in DATABASE_SERVICES}}, True),
    ],
)
def test_given_servers_are_used_when_all_are_named(environ: dict[str, str], given: bool) -> None:
    assert is_given(environ) is given


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        ({"AMQP_URI": "a"}, "DATABASE_URL"),
        ({"DATABASE_URL": "d"}, "AMQP_URI"),
        ({"AMQP_URI": "a", "DATABASE_URL_CARDS": "d"}, "DATABASE_URL_WALLET"),
    ],
)
def test_half_of_the_servers_given_is_refused(environ: dict[str, str], missing: str) -> None:
    with pytest.raises(DevstackError, match=f"not .*{missing}"):
        is_given(environ)


def test_services_may_have_several_processes() -> None:
    assert parse_services(["cards=2", "gateway"]) == {"cards": 2, "gateway": 1}


@pytest.mark.parametrize("name", ["card", "cards=0", "cards=two"])
def test_a_service_that_cannot_be_started_is_refused(name: str) -> None:
    with pytest.raises(DevstackError):
        parse_services([name])


def test_a_folder_has_one_owner(tmp_path: Path) -> None:
    with owned(tmp_path), pytest.raises(DevstackError, match="already runs"), owned(tmp_path):
        pass
    with owned(tmp_path):
        pass


def test_the_machines_own_policy_comes_back_after_an_install(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with nothing_starts(policy):
        assert policy.read_text() == POLICY_FORBIDS_ALL
    assert not policy.exists()
    policy.write_text("#!/bin/sh\nexit 0\n")
    with nothing_starts(policy):
        assert policy.read_text() == POLICY_FORBIDS_ALL
    assert policy.read_text() == "#!/bin/sh\nexit 0\n"


def test_commands_say_what_to_do_when_nothing_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--folder", str(tmp_path)]) == 1
    assert "make up" in capsys.readouterr().err
    assert main(["down", "--folder", str(tmp_path)]) == 0
