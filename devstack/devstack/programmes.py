"""A platform's own folder of programme files: the project's, and those that a test brings."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from devstack.errors import DevstackError

PROJECT = Path(__file__).resolve().parents[2]


def copy_programmes(target: Path, extra: Path | None = None, project: Path = PROJECT) -> list[str]:
    """Copy `programmes/*.toml` and the extra file, or the files of the extra folder, to `target` (made anew).

    Names of the files copied; an extra file replaces the project's file of the same name.
    """
    sources = {file.name: file for file in (*_toml_files(project / "programmes"), *_toml_files(extra))}
    if not sources:
        raise DevstackError(f"No programme file (*.toml) in {project / 'programmes'}.")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name, source in sources.items():
        shutil.copyfile(source, target / name)
    return sorted(sources)


def _toml_files(path: Path | None) -> Iterable[Path]:
    if path is None:
        return []
    return [path] if path.is_file() else sorted(path.glob("*.toml"))
