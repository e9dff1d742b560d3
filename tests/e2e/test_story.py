"""The demo's story, played through the gateway; afterwards money, mails and statistics must agree."""

from pathlib import Path

from sqlalchemy import text

from demo.story import play
from devstack.stack import Stack
from tests.e2e.quiet import parked, rows, wait_until_quiet
from tests.e2e.story_checks import check_the_story

POT_TRANSFERS = text("SELECT kind, sum(amount_cents) FROM transfers WHERE kind LIKE 'pot_%' GROUP BY kind")
DEBITS = text(
    "SELECT coalesce(sum(CASE kind WHEN 'debit' THEN amount_cents ELSE -amount_cents END), 0) "
    "FROM transfers WHERE kind IN ('debit', 'debit_reversal')"
)


def test_the_whole_story_plays_and_every_cent_and_mail_is_accounted_for(
    platform: Stack, tmp_path: Path
) -> None:
    stage = play(platform, tmp_path, platform.folder / "logs")
    wait_until_quiet(platform)
    check_the_story(platform, stage)
    assert parked(platform) == {}

    moved = dict(rows(platform, "wallet", POT_TRANSFERS))
    ((spent,),) = rows(platform, "wallet", DEBITS)
    # The Region gave 300 € and got back what the family did not spend.
    assert moved == {"pot_credit": 30_000, "pot_return": 30_000 - spent}
    assert spent == 2_000
