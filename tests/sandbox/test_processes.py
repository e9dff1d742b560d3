"""Each part says when it is ready, answers for its health, follows the story's clock and ends at once."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from .conftest import API_KEY, API_TOKEN, NOTIFICATION_SECRET, client_of, started

settings_of = {
    "sandbox.bank": {
        "BANK_PORT": "0",
        "BANK_API_KEY": API_KEY,
        "BANK_NOTIFICATION_SECRET": NOTIFICATION_SECRET,
    },
    "sandbox.family_quotient": {"FAMILY_QUOTIENT_PORT": "0", "FAMILY_QUOTIENT_API_TOKEN": API_TOKEN},
    "sandbox.mailbox": {"MAILBOX_PORT": "0"},
}


@pytest.mark.parametrize("module", settings_of)
def test_a_part_ends_on_sigterm(module: str, tmp_path: Path) -> None:
    with started(module, MAILBOX_FOLDER=str(tmp_path), **settings_of[module]) as running:
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(timeout=5) == 0


@pytest.mark.parametrize("module", settings_of)
def test_a_part_names_all_the_settings_it_misses(module: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BANK_")}
    ended = subprocess.run(
        [sys.executable, "-m", module], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert all(name in ended.stderr for name in settings_of[module])


def test_the_http_parts_answer_for_their_health(bank: httpx.Client, quotient_api: httpx.Client) -> None:
    for client in (bank, quotient_api):
        assert client.get("/healthz", headers={"Authorization": ""}).json() == {"status": "ok"}


def test_the_bank_follows_the_storys_clock_and_lets_sessions_expire(tmp_path: Path) -> None:
    clock_file = tmp_path / "clock"
    with (
        started("sandbox.bank", CLOCK_FILE=str(clock_file), **settings_of["sandbox.bank"]) as running,
        client_of(running, API_KEY) as bank,
    ):
        session = _open_session(bank)
        clock_file.write_text(str(25 * 3600))
        assert bank.get(f"/api/sessions/{session['session_id']}").json()["status"] == "expired"
        answer = bank.post(session["pay_url"], data={"choice": "pay"})
        assert answer.status_code == 410
        assert "expiré" in answer.text


def _open_session(bank: httpx.Client) -> dict[str, Any]:
    body = {
        "merchant_reference": "order-1",
        "amount_cents": 1500,
        "currency": "EUR",
        "description": "Carte famille",
        "return_url": "http://127.0.0.1:1/retour",
        "notify_url": "http://127.0.0.1:1/notifications",
    }
    answer: dict[str, Any] = bank.post("/api/sessions", json=body).json()
    return answer
