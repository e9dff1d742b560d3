"""A client as it must be: one connection, a stable key, and it comes back until it is answered for good."""

import http.client
import json
import random
import select
import time
from dataclasses import dataclass, field
from typing import Any

from devstack.host.ports import LOOPBACK
from tests.chaos.journal import Journal, Note
from tests.chaos.timing import Scan

TIMEOUT_S = 5.0
PATIENCE_S = 90.0
PAUSE_S = 0.1
# "Try again with the same key": the platform's own, a proxy's in front of it, and a slowed-down caller's.
LATER = (429, 500, 502, 503, 504)
# An answer that is not waited for: the same key is then on its way twice.
IMPATIENT_S = 0.02


class Unanswered(Exception):
    """No answer for good within the patience of a client."""


@dataclass(kw_only=True)
class Phone:
    """A connection to the gateway with the caller's token.

    Tries are counted: `failures` (status 500), `busy` (503), `lost` (waited for in vain); `slowest_s` is the
    longest way to an answer for good, ``scans`` are all that got one.
    """

    port: int
    name: str
    token: str
    journal: Journal
    failures: int = 0
    busy: int = 0
    lost: int = 0
    slowest_s: float = 0.0
    scans: list[Scan] = field(default_factory=list, repr=False)
    _link: http.client.HTTPConnection | None = field(default=None, repr=False)

    def ask(
        self,
        act: str,
        path: str,
        request: dict[str, Any],
        key: str,
        *,
        method: str = "POST",
        impatient: bool = False,
    ) -> Note:
        """The answer for good; raises Unanswered. ``impatient``: give the first try up at once."""
        self.journal.ask(key, path)
        began = time.monotonic()
        deadline, tries = began + PATIENCE_S, 0
        while time.monotonic() < deadline:
            tries += 1
            is_patient = not impatient or tries > 1
            answer = self.send(path, request, key, method, TIMEOUT_S if is_patient else IMPATIENT_S)
            if answer is not None and answer[0] not in LATER:
                note = Note(
                    act=act,
                    key=key,
                    caller=self.name,
                    path=path,
                    request=request,
                    status=answer[0],
                    answer=answer[1].decode(),
                    tries=tries,
                )
                self.journal.note(note)
                ended = time.monotonic()
                self.slowest_s = max(self.slowest_s, ended - began)
                if act == "redeem":
                    self.scans.append(Scan(ended, ended - began))
                return note
            self.failures += answer is not None and answer[0] == 500
            self.busy += answer is not None and answer[0] == 503
            self.lost += answer is None and is_patient
            time.sleep(PAUSE_S * random.uniform(0.5, 1.5))
        raise Unanswered(f"{path} after {tries} tries")

    def send(
        self, path: str, request: dict[str, Any], key: str, method: str = "POST", timeout_s: float = TIMEOUT_S
    ) -> tuple[int, bytes] | None:
        """One try: status and body; None where nobody answered in time."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": key} if key else {}
        body = json.dumps(request) if method == "POST" else None
        try:
            link = self._connected(timeout_s)
            link.request(method, path, body, headers)
            answer = link.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self.hang_up()
            return None

    def hang_up(self) -> None:
        """Close the connection; the next request opens another."""
        if self._link is not None:
            self._link.close()
        self._link = None

    def _connected(self, timeout_s: float) -> http.client.HTTPConnection:
        # After an answer that ends the connection ("Connection: close") the socket is gone. One that the
        # server closed meanwhile has its end to be read: every pool of connections looks before using one.
        sock = self._link.sock if self._link else None
        if self._link is None or sock is None or select.select([sock], [], [], 0)[0]:
            self.hang_up()
            self._link = http.client.HTTPConnection(LOOPBACK, self.port, timeout=TIMEOUT_S)
            self._link.connect()
        self._link.sock.settimeout(timeout_s)
        return self._link
