"""Fixtures for every test: real backing services, migrated databases, a clock, the real programmes."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text

from chassis import clock as chassis_clock
from chassis.calls.caller import Caller
from chassis.clock import real_now
from chassis.database.engine import Database
from chassis.database.migrating import migrate
from chassis.database.rights import grant, rights_of
from contracts.access import scopes_of
from contracts.programmes import Programme, read_programmes
from devstack.host.libraries import library_path
from devstack.servers.backing import Backing, private_backing

ROOT = Path(__file__).parent.parent
# Services get it from devstack; tests that draw vouchers in this very process want it too.
os.environ.update(library_path())

# What a caller of each kind holds, as `identity` would sign it; tests override single fields.
CALLERS: dict[str, dict[str, Any]] = {
    "officer": {"kind": "staff", "role": "officer", "subject": "stf_officer"},
    "office_officer": {
        "kind": "staff",
        "role": "office_officer",
        "subject": "stf_office",
        "programmes": ("passresot66",),
    },
    "provider_manager": {
        "kind": "staff",
        "role": "provider_manager",
        "subject": "stf_manager",
        "provider_id": "prv_1",
    },
    "provider_desk": {
        "kind": "staff",
        "role": "provider_desk",
        "subject": "stf_desk",
        "provider_id": "prv_1",
    },
    "partner": {"kind": "partner", "subject": "par_1", "channel": "tourist_office"},
    "device": {"kind": "device", "subject": "dev_1", "provider_id": "prv_1", "site_id": "sit_1"},
    "holder": {"kind": "holder", "subject": "acc_1"},
    "service": {"kind": "service", "subject": "service:test"},
    "anonymous": {"kind": "anonymous", "subject": "anonymous"},
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Side by side (``make test``) run the parts of the tests, each in one process: they share what they
    started, and those of e2e have an order."""
    for item in items:
        folders = item.path.relative_to(ROOT / "tests").parts[:-1]
        depth = 2 if folders[0] == "service" else 1
        item.add_marker(pytest.mark.xdist_group("/".join(folders[:depth])))


@pytest.fixture(scope="session")
def backing() -> Iterator[Backing]:
    """A private broker and private databases for this run (or those that the environment names)."""
    folder = ROOT / "var" / "tests" / str(os.getpid())
    with private_backing(folder) as started:
        yield started
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _migrated() -> set[str]:
    return set()


@pytest.fixture
def database(backing: Backing, _migrated: set[str]) -> Iterator[Callable[[str], Database]]:
    """``database("cards")``: the service's migrated database, empty at the start of the test, with the rights
    that the service has (`owner_database` has all)."""
    opened: dict[str, Database] = {}

    def open_database(name: str) -> Database:
        if name not in opened:
            url, owner_url = backing.database_urls[name], backing.owner_urls[name]
            if name not in _migrated:
                migrate(owner_url, name)
                if owner_url != url:
                    grant(owner_url, url, rights_of(name))
                _migrated.add(name)
            _empty(owner_url)
            opened[name] = Database(url, name=f"test-{name}", pool_size=40)
        return opened[name]

    yield open_database
    for database_ in opened.values():
        database_.close()


@pytest.fixture
def owner_database(
    backing: Backing, database: Callable[[str], Database]
) -> Iterator[Callable[[str], Database]]:
    """``owner_database("cards")``: the same database as its owner, for what no service may do: to change what
    was written, to alter a table."""
    opened: dict[str, Database] = {}

    def open_as_owner(name: str) -> Database:
        database(name)
        if name not in opened:
            opened[name] = Database(backing.owner_urls[name], name=f"test-{name}", pool_size=4)
        return opened[name]

    yield open_as_owner
    for database_ in opened.values():
        database_.close()


class MovableClock:
    """The clock of this process: ``clock.set(moment)``; it goes on from there."""

    def __init__(self, offset_file: Path) -> None:
        self._file = offset_file

    def set(self, moment: datetime) -> None:
        """``moment`` is aware."""
        self._file.write_text(str((moment - real_now()).total_seconds()))


@pytest.fixture
def clock(tmp_path: Path) -> Iterator[MovableClock]:
    """Domain time for the test; real time comes back afterwards."""
    offset_file = tmp_path / "clock"
    chassis_clock.use_offset_file(offset_file)
    yield MovableClock(offset_file)
    chassis_clock.use_offset_file(None)


@pytest.fixture(scope="session")
def programmes() -> dict[str, Programme]:
    """The programmes that the project ships."""
    return read_programmes({path.name: path.read_text() for path in (ROOT / "programmes").glob("*.toml")})


@pytest.fixture(scope="session")
def caller_of() -> Callable[..., Caller]:
    """``caller_of("device", provider_id="prv_2")``."""

    def make(role: str, **fields: Any) -> Caller:
        named = CALLERS[role]
        has_none = named["kind"] in ("service", "anonymous")
        scopes = frozenset() if has_none else scopes_of(named["kind"], named.get("role"))
        return Caller(**{**named, "scopes": scopes, **fields})

    return make


@contextmanager
def _audit_may_be_emptied(connection: Connection) -> Iterator[None]:
    """Only the tables' owner may, and only here."""
    for what in ("DISABLE", "ENABLE"):
        for table in ("audit_entries", "audit_seals"):
            connection.execute(text(f"ALTER TABLE {table} {what} TRIGGER USER"))
        if what == "DISABLE":
            yield


def _empty(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        tables = connection.execute(
            text(
                "SELECT string_agg(format('%I', tablename), ', ') FROM pg_tables "
                "WHERE schemaname = 'public' AND tablename NOT LIKE '%version'"
            )
        ).scalar()
        if tables:
            with _audit_may_be_emptied(connection):
                connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    engine.dispose()
