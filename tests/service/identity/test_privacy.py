"""No personal data in a log, and no answer of the family quotient API in the database."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from chassis.database.engine import Database

STORY = Path(__file__).with_name("log_story.py")
ROOT = Path(__file__).parents[3]
PRIVATE = ["elodie", "élodie", "bérnard", "bernard", "núñez", "nunez", "1990", "06 12", "courreau", "34070"]
PRIVATE += ["34172", "chef", "prive", "secr", "mot de passe", "example.org", "nomnaissance", "650", "bearer"]


def test_a_log_of_everything_names_nobody(
    database: Callable[[str], Database], quotient_url: str, signing_jwk: str
) -> None:
    db = database("identity")
    environment = {
        **os.environ,
        "DATABASE_URL": db.engine.url.render_as_string(hide_password=False),
        "QUOTIENT_URL": quotient_url,
        "PROGRAMMES_DIR": str(ROOT / "programmes"),
        "TOKEN_SIGNING_KEY": signing_jwk,
    }
    run = subprocess.run([sys.executable, str(STORY)], env=environment, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "the story is over\n")
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    events = {line["event"] for line in lines}
    assert {"check_decided", "family_quotient_asked", "family_quotient_unavailable", "signed_in"} <= events
    assert {"staff_created", "login_code_requested", "story_failed"} <= events
    for line in lines:
        # Ids and times may hold any digits by chance; words may not.
        shown = {name: value for name, value in line.items() if not str(name).endswith(("_id", "timestamp"))}
        shown.pop("at", None)
        spoken = json.dumps(shown, ensure_ascii=False).lower()
        assert [word for word in PRIVATE if word in spoken] == []


def test_no_table_can_hold_a_quotient(database: Callable[[str], Database]) -> None:
    with database("identity").transaction() as session:
        columns = set(
            session.scalars(
                text(
                    "SELECT column_name FROM information_schema.columns WHERE table_name IN "
                    "('checks', 'applications', 'quotient_reads', 'api_pauses')"
                )
            )
        )
    assert columns == {
        *("id", "application_id", "position", "kind", "decider", "state", "waiting_for", "reason_code"),
        *("note", "decided_by", "decided_at", "month_read", "order_id", "programme", "card_type"),
        *("channel", "household_id", "holder_id", "opened_at", "check_id", "attempts", "due_at"),
        *("lease_id", "leased_until", "api", "until"),
    }
