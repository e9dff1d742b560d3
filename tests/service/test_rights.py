"""The role that a service runs as: it owns nothing, and may do in each table what is said there, no more."""

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from chassis.database.engine import Database
from chassis.database.rights import APPEND_ONLY, grant, rights_of
from devstack.secrets import DATABASE_SERVICES
from devstack.servers.backing import Backing

Open = Callable[[str], Database]

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '%version'"
# Whatever a table's or a column's access list gives to the role, as "SELECT" or "UPDATE (column)".
GIVEN = """
    SELECT c.relname, a.privilege_type FROM pg_class AS c, aclexplode(c.relacl) AS a
    WHERE a.grantee = CAST(:role AS regrole)
    UNION ALL
    SELECT c.relname, a.privilege_type || ' (' || col.attname || ')'
    FROM pg_class AS c JOIN pg_attribute AS col ON col.attrelid = c.oid, aclexplode(col.attacl) AS a
    WHERE a.grantee = CAST(:role AS regrole)
"""
REFUSES_CHANGES = """
    SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE proname = 'refuse_changes'
"""
NOBODY_RUNNING = (
    "CREATE TABLE more (id int)",
    "CREATE TEMP TABLE more (id int)",
    "CREATE SCHEMA more",
    "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "ALTER TABLE outbox DISABLE TRIGGER USER",
    "ALTER TABLE outbox ADD COLUMN more int",
    "TRUNCATE outbox",
    "DROP TABLE outbox",
    "UPDATE idempotency_keys SET request_hash = ''",
    "UPDATE transfers SET amount_cents = 1",
    "DELETE FROM transfers",
    "UPDATE debits SET voided = true",
    "UPDATE pots SET household_id = 'hh_mine'",
    "SELECT * FROM alembic_version",
    "COPY outbox TO PROGRAM 'cat'",
    "CREATE ROLE more",
)


@pytest.fixture(autouse=True)
def _apart(backing: Backing) -> None:
    if backing.owner_urls == backing.database_urls:
        pytest.skip("The databases are given with one user each: no rights apart.")


@pytest.fixture(params=DATABASE_SERVICES)
def service(request: pytest.FixtureRequest, database: Open) -> str:
    """Each service in turn, its database migrated."""
    database(request.param)
    return str(request.param)


def given(owner: Database, role: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    with owner.transaction() as session:
        for table, privilege in session.execute(text(GIVEN), {"role": role}):
            found.setdefault(table, set()).add(privilege)
    return found


def wanted(service: str) -> dict[str, set[str]]:
    """`UPDATE (a, b)` is a right to each column."""
    found: dict[str, set[str]] = {}
    for table, privileges in rights_of(service).items():
        rest, _, columns = privileges.partition("UPDATE (")
        columns, _, after = columns.partition(")")
        names = {word.strip() for word in (rest + after).split(",")} - {""}
        found[table] = names | {f"UPDATE ({column.strip()})" for column in columns.split(",") if column}
    return found


def test_every_table_has_its_rights(service: str, owner_database: Open) -> None:
    with owner_database(service).transaction() as session:
        tables = set(session.scalars(text(TABLES)))
    assert tables == set(rights_of(service)), (
        f"{service}/rights.py says what the service may do in each table"
    )


def test_the_role_holds_what_is_said_and_no_more(
    service: str, backing: Backing, owner_database: Open
) -> None:
    owner = owner_database(service)
    role = database_user(backing.database_urls[service])
    assert given(owner, role) == wanted(service)
    with owner.transaction() as session:
        session.execute(text(f'GRANT ALL ON ALL TABLES IN SCHEMA public TO "{role}"'))
        session.execute(text(f'GRANT UPDATE (payload) ON outbox TO "{role}"'))
    grant(backing.owner_urls[service], backing.database_urls[service], rights_of(service))
    assert given(owner, role) == wanted(service)


def test_what_refuses_changes_by_trigger_refuses_them_by_right_too(
    service: str, owner_database: Open
) -> None:
    with owner_database(service).transaction() as session:
        append_only = set(session.scalars(text(REFUSES_CHANGES)))
    rights = rights_of(service)
    assert {table: rights[table] for table in append_only} == dict.fromkeys(append_only, APPEND_ONLY)


@pytest.mark.parametrize("statement", NOBODY_RUNNING)
def test_the_running_service_may_not(database: Open, statement: str) -> None:
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be|may not"),
        database("wallet").transaction() as session,
    ):
        session.execute(text(statement))


def test_the_running_service_is_not_its_owner_and_cannot_become_it(backing: Backing, database: Open) -> None:
    owner = database_user(backing.owner_urls["wallet"])
    owned = text("SELECT count(*) FROM pg_class WHERE relowner = CAST(current_user AS regrole)")
    with database("wallet").transaction() as session:
        assert session.scalar(owned) == 0
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        database("wallet").transaction() as session,
    ):
        session.execute(text(f'SET ROLE "{owner}"'))


def database_user(url: str) -> str:
    return url.split("//")[1].split(":")[0]
