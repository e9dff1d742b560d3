"""Who may do what, played cell by cell against the running platform, through the gateway and past it."""

import json
from typing import Any

import pytest

from demo.api import Refused
from tests.e2e.access.asking import asked
from tests.e2e.access.building import OWN, Column, Played, build
from tests.e2e.access.table import (
    COLUMNS,
    MEANINGS,
    TABLE,
    operation_of,
    operations_without_a_row,
    roles_without_a_column,
)
from tests.e2e.conformance.crowd import Crowd
from tests.e2e.conformance.document import Document
from tests.e2e.conformance.wire import Answer, Wire

CELLS = [(row, column) for row in TABLE for column in COLUMNS]


@pytest.fixture(scope="module")
def played(crowd: Crowd) -> Played:
    """A caller for each column, and what they ask for."""
    return build(crowd)


def said(answer: Answer) -> str:
    """``ok``, or the code of the refusal."""
    if answer.status < 300:
        return "ok"
    code: str = answer.problem()["code"]
    return code


def ask(row: str, column: Column, played: Played, document: Document, wire: Wire) -> tuple[str, str]:
    """What the gateway says, and what it says to somebody who was let in."""
    how, operation = asked(row, played), document.operation(operation_of(row))
    target = operation.path.format(**{**played.ids, **how.ids}) + how.query
    key = {"Idempotency-Key": f"table-{row.partition(':')[0]}-0001"} if operation.method == "POST" else {}
    credential = played.by(column, pass_programme=how.pass_programme)
    body = None if how.body is None else json.dumps(how.body)
    content = {} if body is None else {"Content-Type": "application/json"}
    answer = wire.send(operation.method, target, {**key, **content, **credential, **how.headers}, body)
    return said(answer), how.let_in


@pytest.mark.parametrize(
    ("row", "column"), CELLS, ids=[f"{row}-{role}-{side}" for row, (role, side) in CELLS]
)
def test_every_caller_is_answered_as_the_table_says(
    row: str, column: Column, played: Played, api_document: Document, wire: Wire
) -> None:
    cell = TABLE[row][COLUMNS.index(column)]
    answer, let_in = ask(row, column, played, api_document, wire)
    assert answer == (let_in if cell == "+" else MEANINGS[cell])


def test_every_call_of_the_document_has_a_row_and_every_role_its_columns(api_document: Document) -> None:
    operations = [operation.id for operation in api_document.operations()]
    assert operations_without_a_row(operations) == set()
    assert {operation_of(row) for row in TABLE} == set(operations)
    assert roles_without_a_column() == set()


def test_a_call_without_a_row_and_a_role_without_a_column_are_found(api_document: Document) -> None:
    """The test above can fail: with one path more in the document, and one role more in the contracts."""
    raw: dict[str, Any] = {"paths": {**api_document._raw["paths"]}}
    raw["paths"]["/v1/secrets"] = {"get": {"operationId": "read_secrets"}}
    grown = Document({**api_document._raw, **raw})
    assert operations_without_a_row(one.id for one in grown.operations()) == {"read_secrets"}
    assert roles_without_a_column(["officer", "auditor"]) == {"auditor"}


def test_an_officer_of_some_programmes_finds_their_checks_only(played: Played, wire: Wire) -> None:
    def programmes_seen(side: str) -> set[str]:
        headers = played.headers["officer", side]
        found = json.loads(wire.send("GET", "/v1/checks?state=pending&limit=100", headers).body)
        return {check["programme"] for check in found["checks"]}

    assert programmes_seen("own") == {OWN}
    assert OWN in programmes_seen("all")
    assert OWN not in programmes_seen("other")


def test_a_revoked_device_is_out_when_its_token_ends_and_gets_no_other(played: Played, wire: Wire) -> None:
    """The bound is the token's 15 minutes, counted from its signing and not from the revocation."""
    stage = played.crowd.stage
    for minute, status in ((14, 200), (16, 401)):
        stage.move_to(2020, 7, 11, 14, minute)
        headers = played.headers["revoked_device", "now"]
        assert wire.send("GET", "/v1/redemptions", headers).status == status
    stage.move_to(2020, 7, 11, 14, 0)
    with pytest.raises(Refused, match="sign_in_refused"):
        played.revoked.get("/v1/redemptions")
