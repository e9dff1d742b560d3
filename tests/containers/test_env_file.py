"""The env file has every variable that the compose files ask for; needs no Docker engine."""

import re
from pathlib import Path

from devstack.compose_env import compose_env
from tests.containers.stack import COMPOSE_FILES


def required(files: list[str]) -> set[str]:
    """The names in `${NAME:?}`."""
    return {name for file in files for name in re.findall(r"\$\{(\w+):\?\}", Path(file).read_text())}


def variables(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines())


def test_with_the_sandbox_nothing_is_left_to_fill_in(tmp_path: Path) -> None:
    given = variables(compose_env(tmp_path, sandbox=True))
    assert required(COMPOSE_FILES) <= {name for name, value in given.items() if value}


def test_without_it_only_the_outside_world_is_left_to_fill_in(tmp_path: Path) -> None:
    given = variables(compose_env(tmp_path, sandbox=False))
    missing = required(COMPOSE_FILES[:1]) - {name for name, value in given.items() if value}
    assert missing == {"BANK_API_URL", "FAMILY_QUOTIENT_API_URL", "SMTP_URL"}


def test_the_same_folder_gives_the_same_secrets_and_another_folder_others(tmp_path: Path) -> None:
    first = compose_env(tmp_path / "a", sandbox=False)
    assert compose_env(tmp_path / "a", sandbox=False) == first
    assert variables(compose_env(tmp_path / "b", sandbox=False))["SEALING_KEY"] not in first


def test_containers_can_read_the_shared_folders_whatever_the_umask(tmp_path: Path) -> None:
    compose_env(tmp_path, sandbox=True)
    for path in (tmp_path / "clock", tmp_path / "programmes", *(tmp_path / "programmes").iterdir()):
        assert path.stat().st_mode & 0o004, path
