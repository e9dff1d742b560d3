"""What every way to sign in needs, and how it says no: always the same, whatever was wrong."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from chassis.log import get_logger
from chassis.metrics import counter
from contracts.identity import Renewal, Token
from contracts.refusals import Refusal
from identity.credentials.throttling import attempt_key
from identity.credentials.tokens import Principal, issue
from identity.input_rules import MAX_EMAIL_CHARS

Way = str
log = get_logger()
sign_ins_total = counter("identity_sign_ins_total", "Attempts to sign in.", ("way", "outcome"))


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Transactions, and the two keys: one signs tokens, one hashes what people type."""

    transaction: Callable[[], AbstractContextManager[Session]]
    signing_jwk: str = field(repr=False)
    key: bytes = field(repr=False)

    def attempts_of(self, way: Way, identifier: str) -> str:
        """Return what the tries of one identifier are counted under."""
        return attempt_key(self.key, way, identifier[:MAX_EMAIL_CHARS])

    def admit(self, way: Way, principal: Principal, renewal: Renewal | None = None) -> Token:
        """Return the token of somebody who showed who they are, and what renews it if it is to last."""
        sign_ins_total.labels(way, "accepted").inc()
        log.info("signed_in", way=way, subject=principal.subject, role=principal.role)
        return {**issue(principal, self.signing_jwk), **(renewal or {})}


def refused(way: Way) -> Refusal:
    """Return the one refusal for every kind of failure."""
    sign_ins_total.labels(way, "refused").inc()
    return Refusal("sign_in_refused")
