"""One story of a restore: the platform lives, is copied, dies, comes back to a moment, and is made whole."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from typing import Any, TypeVar

from devstack.host.ports import wait_until
from devstack.secrets import DATABASE_SERVICES, SERVICES
from devstack.servers.databases import connect
from devstack.servers.recovery import back_up, restore
from devstack.services import run_in_service
from devstack.stack import Stack
from tests.chaos import checks
from tests.chaos.books import Books, read_books
from tests.chaos.crew import Crew, crew
from tests.chaos.families import Office
from tests.chaos.journal import Note
from tests.chaos.options import Options
from tests.chaos.settling import queues, settle
from tests.chaos.stage import Scene, scene
from tests.recovery.answers import Marks, answers, marks

PATIENCE_S = 60.0
REST_TIMEOUT_S = 240.0
# From one step of the story to the next.
SCANS = 150
# So many scans that some of them paid from a pot.
BEHIND = 30
WALLET_QUEUE = "wallet.cards.redemption_recorded"

# A mail that is on its way at the moment would wait for the end of its lease, three minutes.
_MOMENT = """
    SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    WHERE NOT EXISTS (SELECT 1 FROM messages WHERE state = 'due' AND lease_id IS NOT NULL)
"""
_UNPUBLISHED = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
_PUBLISHED = "SELECT count(*) FROM outbox WHERE name = 'redemption_recorded' AND published_at IS NOT NULL"
_HEARD = "SELECT count(*) FROM inbox WHERE consumer = 'wallet.redemption_recorded'"

Answer = TypeVar("Answer")


@dataclass
class Story:
    """What happened. ``kept`` are the answers until the moment and since the restore, ``given_up`` those
    between; ``open_cents`` and ``statistics_behind`` are how far the books were apart before the replay.
    """

    stage: Scene
    kept: list[Note] = field(default_factory=list)
    given_up: list[Note] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    open_cents: int = 0
    statistics_behind: int = 0
    announced_again: int = 0
    left: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def timed(self, name: str, act: Callable[[], Answer]) -> Answer:
        """Do it and note how long it took."""
        began = time.monotonic()
        done = act()
        self.seconds[name] = round(time.monotonic() - began, 1)
        return done

    def books(self) -> Books:
        """All that the platform wrote down."""
        return read_books({name: self.stage.stack.database_url(name) for name in DATABASE_SERVICES})


@contextmanager
def told(options: Options) -> Iterator[Story]:
    """The whole story; the restored platform is at rest, and runs until the end of the block."""
    with scene(options, archive=True) as stage, ExitStack() as opened:
        story, folder = Story(stage), stage.folder / "journal"
        with crew(stage, options) as clients:
            until, moment = _live(story, clients)
            killed = _die(story, clients)
            clients.office.decide = partial(  # type: ignore[method-assign]
                _decide_again, clients.office, partial(_orders, folder, until, killed)
            )
            port = stage.stack.wiring.gateway_port
            story.timed("restore", lambda: restore(stage.stack.folder, moment))
            again = partial(Stack.start, keep_data=True, archive=True, gateway_port=port)
            stack = opened.enter_context(story.timed("start", lambda: again(stage.stack.folder)))
            story.stage = replace(stage, stack=stack)
            _look_before_replay(story)
            story.announced_again = story.timed("replay", lambda: _replay(stack))
        story.left = story.timed("rest", lambda: settle(story.stage, REST_TIMEOUT_S, print))
        story.problems = clients.problems
        story.kept = answers(folder, {}, until) + answers(folder, killed, None)
        story.given_up = answers(folder, until, killed)
        yield story


def _live(story: Story, clients: Crew) -> tuple[Marks, str]:
    """Traffic, a copy in the middle of it, and a moment at which the wallet is behind."""
    stage = story.stage
    _scans(clients)
    story.timed("backup", lambda: back_up(stage.stack.folder))
    _scans(clients)
    stage.stack.kill("wallet", SIGSTOP)
    _wait(lambda: _one(stage, "cards", _PUBLISHED) > _one(stage, "wallet", _HEARD) + BEHIND)
    # Read first: all of these were answered before the moment.
    until = marks(stage.folder / "journal")
    moments = list[str]()
    _wait(lambda: bool(moments or moments.extend(_column(stage, "notify", _MOMENT)) or moments))
    stage.stack.kill("wallet", SIGCONT)
    return until, moments[0]


def _die(story: Story, clients: Crew) -> Marks:
    """More traffic, and the end of every process at once, with events of the lost future in the queues."""
    stage = story.stage
    _scans(clients)
    stage.stack.kill("wallet", SIGSTOP)
    _wait(lambda: sum(queues(stage.broker)[WALLET_QUEUE]) > 0)
    stage.stack.supervisor.kill(*SERVICES)
    stage.broker.kill9()
    stage.database.kill9()
    # Each comes back with its key until it is answered.
    clients.finish()
    killed = marks(stage.folder / "journal")
    stage.stack.stop()
    return killed


def _look_before_replay(story: Story) -> None:
    """Where nothing is on its way any more, and what the lost queues held is still missing."""
    stage = story.stage
    _wait(lambda: not any(_one(stage, service, _UNPUBLISHED) for service in DATABASE_SERVICES))
    _wait(lambda: sum(queues(stage.broker)[WALLET_QUEUE]) == 0)
    books = story.books()
    story.open_cents = checks.drift_cents(books)
    story.statistics_behind = len(list(checks.statistics_off(books)))


def _replay(stack: Stack) -> int:
    """As `make replay` does it, while all services run; how many events are announced again."""
    command = [sys.executable, "-m", "chassis", "replay"]
    said = [run_in_service(stack.wiring, service, [*command, service]) for service in DATABASE_SERVICES]
    return sum(int(line.split()[1]) for line in said)


def _orders(folder: Path, until: Marks, killed: Marks) -> list[str]:
    """The orders that still are: the office knows others, and has decided what it must decide again."""
    notes = answers(folder, {}, until) + answers(folder, killed, None)
    return [note.said["id"] for note in notes if note.act == "order" and note.status == 201]


def _decide_again(office: Office, orders: Callable[[], list[str]]) -> None:
    office.waiting = orders()
    Office.decide(office)


def _scans(clients: Crew) -> None:
    wanted = clients.redemptions + SCANS
    _wait(lambda: clients.redemptions >= wanted)


def _wait(condition: Callable[[], bool]) -> None:
    assert wait_until(condition, PATIENCE_S), "the story does not go on"


def _one(stage: Scene, service: str, statement: str) -> int:
    return int(_column(stage, service, statement)[0])


def _column(stage: Scene, service: str, statement: str) -> list[Any]:
    with closing(connect(stage.stack.database_url(service))) as link, link.cursor() as at:
        at.execute(statement)
        return [row[0] for row in at.fetchall()]
