"""Which calls must leave an audit entry (read from the contracts), and which entries an act left."""

import inspect
import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from chassis.database.engine import Database
from contracts.documentation import SERVICES, rpc_of

READS = ("get_", "find_", "render_")
# Calls that change nothing, whatever they are called: a question by number, a price without effect, and a
# token of a device or partner, fetched every 15 minutes with a secret whose making is audited; nor a sign-in
# that goes on, whose begin and end are.
CHANGE_NOTHING = {"lookup_card", "quote", "issue_client_token", "issue_renewed_token"}

Entry = tuple[str, str, str]


def changing_calls(service: str) -> set[str]:
    """Each method of the service's contract that changes something: all with an idempotency key, and every
    other that is not known to change nothing."""
    methods = {name: shape for name, shape in vars(rpc_of(SERVICES[service])).items() if name[0] != "_"}
    return {
        name
        for name, shape in methods.items()
        if inspect.isfunction(shape) and (_has_key(shape) or not _only_reads(name))
    }


def _has_key(shape: Any) -> bool:
    return "idempotency_key" in inspect.signature(shape).parameters


def _only_reads(name: str) -> bool:
    return name.startswith(READS) or name in CHANGE_NOTHING


def entries_of(db: Database, act: Callable[[], Any]) -> tuple[Any, list[Entry]]:
    """What the act answers, and the (actor, act, object) of each entry that it left."""
    after = "SELECT actor, act, object FROM audit_entries WHERE seq > :seq ORDER BY seq"
    with db.transaction() as session:
        seq = session.scalar(text("SELECT coalesce(max(seq), 0) FROM audit_entries"))
    answer = act()
    with db.transaction() as session:
        rows = session.execute(text(after), {"seq": seq}).all()
    return answer, [(row.actor, row.act, row.object) for row in rows]


def everything_audited(db: Database) -> str:
    """All entries as one text, to be searched for what must not stand there."""
    query = "SELECT actor, act, object, details, call_id FROM audit_entries ORDER BY tx, seq"
    with db.transaction() as session:
        return json.dumps([list(row) for row in session.execute(text(query))], ensure_ascii=False)
