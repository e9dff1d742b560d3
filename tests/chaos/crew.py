"""All clients, a thread each, from the first scan until each has its last answer."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks import world as w
from tests.chaos.correcting import Corrections
from tests.chaos.desks import Desk, scan_request
from tests.chaos.families import Office
from tests.chaos.journal import Journal
from tests.chaos.options import Options
from tests.chaos.phone import Phone, Unanswered
from tests.chaos.stage import Scene
from tests.chaos.timing import Scan

DESKS = 10
OFFICE, PROBE = DESKS, DESKS + 1
DECIDED_TIMEOUT_S = 60.0


@dataclass
class Crew:
    """``problems`` are what ended a client before its time."""

    desks: list[Desk]
    office: Office
    probe: Phone
    scene: Scene
    problems: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _probed: int = 0

    @property
    def redemptions(self) -> int:
        """Acknowledged so far."""
        return sum(desk.redemptions for desk in self.desks) + self._probed

    @property
    def failures(self) -> int:
        """Answers of status 500 so far: tried again like the others, and told at the end."""
        return sum(phone.failures for phone in self.phones)

    @property
    def tries_in_vain(self) -> int:
        """Requests so far that had to be sent again."""
        return sum(phone.failures + phone.busy + phone.lost for phone in self.phones)

    @property
    def scans(self) -> list[Scan]:
        """The desks', which never rest: the probe's come only after a fault."""
        return [scan for desk in self.desks for scan in desk.phone.scans]

    @property
    def phones(self) -> list[Phone]:
        """Every client's."""
        at_desks = [phone for desk in self.desks for phone in (desk.phone, desk.other)]
        return [*at_desks, self.office.partner, self.office.officer, self.probe]

    def recover(self) -> float:
        """Seconds until a redemption with a new key succeeds; raises Unanswered."""
        began = time.monotonic()
        request = scan_request(self.scene, self.scene.world.cards - 2, PROBE)
        self.probe.ask("redeem", "/v1/redemptions", request, f"probe-{self._probed}")
        self._probed += 1
        return time.monotonic() - began

    def run(self, name: str, work: Callable[[], None]) -> None:
        """One client's thread."""
        try:
            while not self._over.is_set():
                work()
        except Unanswered as error:
            self.problems.append(f"{name}: {error}")
        except Exception as error:
            self.problems.append(f"{name}: {type(error).__name__} {error}")

    def finish(self) -> None:
        """Each ends the act that it is at."""
        self._over.set()


@contextmanager
def crew(scene: Scene, options: Options) -> Iterator[Crew]:
    """The clients at work; at the end of the block each gets its last answer, and orders are decided."""
    folder = scene.folder / "journal"
    journals = [Journal(folder / f"client-{number}.jsonl") for number in range(PROBE + 1)]
    chances = [random.Random(f"{options.seed}/{number}") for number in range(PROBE + 1)]
    phones = [_phone(scene, number, journals[number]) for number in range(PROBE + 1)]
    port = scene.stack.wiring.gateway_port
    partner_token = scene.token("partner", "par_chaos", channel="tourist_office")
    partner = Phone(port=port, name="par_chaos", token=partner_token, journal=journals[OFFICE])
    officer_token = scene.token("staff", "stf_chaos", role="officer")
    officer = Phone(port=port, name="stf_chaos", token=officer_token, journal=journals[OFFICE])
    others = [_phone(scene, number, journals[number], w.PROVIDERS) for number in range(DESKS)]
    desks = [Desk(scene, n, phones[n], others[n], chances[n]) for n in range(DESKS)]
    corrections = Corrections(partner, scene.stack.mail_folder)
    office = Office(scene, partner, officer, chances[OFFICE], corrections)
    made = Crew(desks, office, phones[PROBE], scene)
    threads = [
        *(threading.Thread(target=made.run, args=(f"desk {desk.number}", desk.work)) for desk in desks),
        threading.Thread(target=made.run, args=("office", made.office.work)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield made
    finally:
        made.finish()
        for thread in threads:
            thread.join()
        _decide_the_rest(made)
        for phone in made.phones:
            phone.hang_up()
        for journal in journals:
            journal.close()


def _phone(scene: Scene, number: int, journal: Journal, further: int = 0) -> Phone:
    """A desk's device, or with ``further`` another one beside it."""
    device = number + further
    token = scene.device_token(number, device)
    return Phone(port=scene.stack.wiring.gateway_port, name=f"desk-{device}", token=token, journal=journal)


def _decide_the_rest(made: Crew) -> None:
    """A check is opened a moment after its order, and a quotient is read a moment after that."""
    deadline = time.monotonic() + DECIDED_TIMEOUT_S
    while made.office.waiting and time.monotonic() < deadline:
        try:
            made.office.decide()
        except Unanswered as error:
            made.problems.append(f"office: {error}")
            return
        time.sleep(1.0)
    if made.office.waiting:
        made.problems.append(f"office: never decided: {', '.join(made.office.waiting)}")
