"""The programme files that the tests read: those shipped, and one made up."""

from pathlib import Path

import pytest

from contracts.programmes import Programme, read_programmes

ROOT = Path(__file__).parents[3]
FILES = [*(ROOT / "programmes").glob("*.toml"), *(ROOT / "tests/fixtures/programmes").glob("*.toml")]


@pytest.fixture(scope="session")
def sources() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in FILES}


@pytest.fixture(scope="session")
def programmes(sources: dict[str, str]) -> dict[str, Programme]:
    return read_programmes(sources)
