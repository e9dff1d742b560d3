"""The whole platform comes back to one moment; after a replay every cent and every mail is accounted for."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devstack.secrets import DATABASE_SERVICES
from devstack.servers.recovery import announce_again
from sandbox.reading import read_mail
from tests.chaos import checks, parked, phone
from tests.chaos.books import Books
from tests.chaos.options import Options
from tests.chaos.verdict import kept_mails
from tests.recovery.story import Story, told

pytestmark = pytest.mark.stops

SEED = 27
# A client waits through the whole restore.
PATIENCE_S = 400.0
REPORT = Path("var/recovery/figures.json")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("recovery")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(phone, "PATIENCE_S", PATIENCE_S)
        with told(Options(seed=SEED, duration_s=60, folder=folder)) as played:
            yield played


@pytest.fixture(scope="module")
def books(story: Story) -> Books:
    return story.books()


def test_the_platform_comes_to_rest_and_every_client_gets_its_answer(story: Story) -> None:
    assert story.left == {}
    assert story.problems == []
    assert parked.read_parked(story.stage.stack.amqp_uri, DATABASE_SERVICES) == []


def test_without_the_replay_what_the_lost_queues_held_stays_missing(story: Story) -> None:
    assert story.open_cents > 0


def test_everything_that_was_answered_until_the_moment_is_there_once(story: Story, books: Books) -> None:
    accepted = [note for note in story.kept if note.act == "redeem" and note.status == 201]
    assert len(accepted) > 0
    assert list(checks.lost(books, story.kept)) == []
    assert list(checks.doubled(books)) == []


def test_what_came_after_the_moment_is_gone_from_every_database(story: Story, books: Books) -> None:
    gone = {note.said["id"] for note in story.given_up if note.act == "redeem" and note.status == 201}
    assert len(gone) > 0
    # The others were on their way at the moment: committed, and not answered.
    assert len(gone & books.redemptions.keys()) < len(gone) / 2
    # Also where a debit, a count or a receipt had already followed.
    assert list(checks.unbalanced(books)) == []
    assert list(checks.statistics_off(books)) == []
    assert list(checks.receipts_missing(books)) == []


def test_money_adds_up(story: Story, books: Books) -> None:
    assert checks.drift_cents(books) == 0
    assert list(checks.negative(books)) == []
    said = story.stage.stack.money_equation()
    assert (said["drift_cents"], said["on_the_way_cents"], said["faults"]) == (0, 0, [])


def test_every_card_and_receipt_has_its_mail_and_a_second_one_has_the_same_id(
    story: Story, books: Books
) -> None:
    folder = story.stage.stack.mail_folder
    assert list(checks.mails_missing(books, kept_mails(folder))) == []
    sent = Counter(_message_id(path) for path in folder.rglob("*.eml"))
    mailed = {message.id for message in books.messages if not message.put_off}
    assert {message_id for message_id, times in sent.items() if times > 1} <= mailed
    _report(story, books, sent)


def test_what_was_announced_is_announced_again_before_any_service_serves(story: Story) -> None:
    """The order of `make restore`; the last test, as it ends the platform."""
    folder = story.stage.stack.folder
    story.stage.stack.stop()
    said = announce_again(folder).splitlines()
    assert [line.split(":")[0] for line in said] == list(DATABASE_SERVICES)
    assert sum(int(line.split()[1]) for line in said) >= story.announced_again


def _message_id(path: Path) -> str:
    return read_mail(path).message_id.strip("<>").partition("@")[0]


def _report(story: Story, books: Books, sent: Counter[str]) -> None:
    """The figures of this run, for whoever wants to know how long a restore takes."""
    said: dict[str, Any] = {
        "seconds": story.seconds,
        "redemptions_kept": len(books.redemptions),
        "redemptions_given_up": _accepted(story),
        "open_cents_before_replay": story.open_cents,
        "statistics_behind_before_replay": story.statistics_behind,
        "announced_again": story.announced_again,
        "mails": sent.total(),
        "mails_sent_twice": sum(times - 1 for times in sent.values()),
        "mails_of_what_is_gone": len(sent.keys() - {message.id for message in books.messages}),
    }
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(said, indent=1) + "\n")
    print(json.dumps(said))


def _accepted(story: Story) -> int:
    return sum(note.act == "redeem" and note.status == 201 for note in story.given_up)
