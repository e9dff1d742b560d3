"""Idempotency keys: the same key with the same request gets the stored answer, whatever happened between."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.database.tables import idempotency_keys as keys
from contracts.refusals import Refusal

# Built once: these stand in the way of every scan.
_REMEMBER = (
    insert(keys)
    .values({column: bindparam(column) for column in ("caller", "key", "request_hash")})
    .on_conflict_do_nothing()
    .returning(keys.c.key)
)
_IS_OF_CALLER = (keys.c.caller == bindparam("of_caller"), keys.c.key == bindparam("of_key"))
_KEEP_ANSWER = update(keys).where(*_IS_OF_CALLER).values(answer=bindparam("answer"))
_STORED = select(keys.c.request_hash, keys.c.answer).where(*_IS_OF_CALLER)

# For a statement that does the work of several (ADR 0020): what was kept under a key, and keeping it. No row
# from KEEP means that another request with this key was faster.
FIND_KEPT = "SELECT request_hash, answer FROM idempotency_keys WHERE caller = :caller AND key = :key"
KEEP = """
    INSERT INTO idempotency_keys (caller, key, request_hash, answer)
    VALUES (:caller, :key, :request_hash, CAST(:answer AS json))
    ON CONFLICT DO NOTHING
    RETURNING key
"""


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A caller's key and what it was sent with; ``other_hash`` is of the same request in another form, which
    may have been kept before."""

    caller: str
    key: str
    request_hash: str
    other_hash: str | None = None

    def answer_of(self, kept: Mapping[str, Any]) -> Any:
        """The answer kept under the key; Refusal ``idempotency_key_reused`` where it came with another
        request before."""
        if kept["request_hash"] not in (self.request_hash, self.other_hash):
            raise Refusal("idempotency_key_reused")
        return kept["answer"]

    def keeping(self, answer: Any) -> dict[str, str]:
        """The values of KEEP."""
        return {
            "caller": self.caller,
            "key": self.key,
            "request_hash": self.request_hash,
            "answer": json.dumps(answer),
        }


def once(
    session: Session,
    *,
    caller: str,
    operation: str,
    key: str,
    request: Mapping[str, Any],
    act: Callable[[], Any],
    redact: Collection[str] = (),
) -> Any:
    """Answer ``act()`` the first time, its stored answer after that.

    The row is written first, so a concurrent call with the same key waits for this transaction and then
    reads its answer. ``redact`` names members of the answer that are stored as null: secrets are shown
    once. Raises Refusal ``idempotency_key_reused`` when the key came with another request before.
    """
    keyed = KeyedRequest(caller, key, request_hash(operation, request))
    values = {"caller": caller, "key": key, "request_hash": keyed.request_hash}
    if session.execute(_REMEMBER, values).first() is None:
        return _stored(session, keyed)
    answer = act()
    kept = {**answer, **dict.fromkeys(redact)} if redact else answer
    session.execute(_KEEP_ANSWER, {"of_caller": caller, "of_key": key, "answer": kept})
    return answer


def find_answer(
    session: Session, *, caller: str, operation: str, key: str, request: Mapping[str, Any]
) -> Any | None:
    """The stored answer, if the key was used before: for rules that must not be judged a second time."""
    return _stored(session, KeyedRequest(caller, key, request_hash(operation, request)))


def request_hash(operation: str, request: Mapping[str, Any]) -> str:
    """SHA-256 of the operation and the request in canonical JSON: personal data is never stored here."""
    canonical = json.dumps([operation, request], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def _stored(session: Session, keyed: KeyedRequest) -> Any | None:
    row = session.execute(_STORED, {"of_caller": keyed.caller, "of_key": keyed.key}).one_or_none()
    if row is None:
        return None
    return keyed.answer_of({"request_hash": row.request_hash, "answer": row.answer})
