"""A machine without servers: nothing in its folders or its PATH but what a test puts there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from devstack.host import apt, programs
from devstack.host.programs import POSTGRESQL_PROGRAMS


@contextmanager
def bare(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """While inside, programs are looked for below `folder` only (PATH: `path`), and nobody installs."""
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(folder / "path"))
        patch.setattr(programs, "SBIN", ())
        for name in ("POSTGRESQL", "RABBITMQ"):
            wanted = getattr(programs, name)
            places = tuple(f"{folder}{place}" for place in wanted.places)
            patch.setattr(programs, name, replace(wanted, places=places))
        patch.setattr(programs, "EPMD_PLACES", tuple(f"{folder}{place}" for place in programs.EPMD_PLACES))
        patch.setattr(apt, "can_install", lambda: False)
        programs.forget()
        yield
    programs.forget()


def install(folder: Path, names: tuple[str, ...], said: str) -> Path:
    """Programs that say one thing whatever they are asked."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text(f"#!/bin/sh\necho '{said}'\n")
        (folder / name).chmod(0o755)
    return folder


def install_postgresql(folder: Path, version: str, without: str = "") -> Path:
    """A PostgreSQL as Debian has it, whole or without one of its programs."""
    names = tuple(name for name in POSTGRESQL_PROGRAMS if name != without)
    return install(folder, names, f"postgres (PostgreSQL) {version} (Debian)")
