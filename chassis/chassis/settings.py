"""Settings come from the environment only, are read once, and all that is wrong is named at once."""

import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

ENVIRONMENTS = ("production", "development")


class SettingsError(Exception):
    """Every variable that is missing or wrong, one line each."""


@dataclass(frozen=True, kw_only=True)
class ProcessSettings:
    """What every process of the platform needs; the variable's name is the field's in capitals."""

    environment: str
    amqp_uri: str
    metrics_port: int
    token_public_keys: str
    service_signing_key: str
    public_url: str
    programmes_dir: Path
    log_level: str = "info"
    clock_file: Path | None = None

    def problems(self) -> list[str]:
        """What contradicts itself although each variable alone is well formed."""
        found = []
        if self.environment not in ENVIRONMENTS:
            found.append(f"ENVIRONMENT must be one of {', '.join(ENVIRONMENTS)}")
        if self.environment == "production" and self.clock_file is not None:
            found.append("CLOCK_FILE moves time and is refused in production")
        return found


@dataclass(frozen=True, kw_only=True)
class ServiceSettings(ProcessSettings):
    """A process with a database of its own."""

    database_url: str
    service_public_keys: str

    def problems(self) -> list[str]:
        """psycopg 3 would block every greenthread (ADR 0003), so only psycopg2 URLs are taken."""
        found = super().problems()
        if not self.database_url.startswith("postgresql+psycopg2://"):
            found.append("DATABASE_URL must start with postgresql+psycopg2://")
        return found


SettingsT = TypeVar("SettingsT", bound=ProcessSettings)


def read_settings(shape: type[SettingsT], environ: Mapping[str, str]) -> SettingsT:
    """Read ``shape`` from the environment; raises SettingsError naming all that is wrong."""
    hints = get_type_hints(shape)
    values: dict[str, Any] = {}
    problems: list[str] = []
    for field in fields(shape):
        name = field.name.upper()
        text = environ.get(name, "")
        if not text:
            if field.default is MISSING:
                problems.append(f"{name} is missing")
            continue
        try:
            values[field.name] = _converted(text, hints[field.name])
        except ValueError:
            problems.append(f"{name} is not a valid {_plain(hints[field.name]).__name__}")
    if not problems:
        settings = shape(**values)
        problems = settings.problems()
        if not problems:
            return settings
    raise SettingsError("\n".join(problems))


def text_files(folder: Path, suffix: str) -> dict[str, str]:
    """The text of every file in a folder, by file name; raises SettingsError where there is none."""
    found = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob(f"*{suffix}"))}
    if not found:
        raise SettingsError(f"{folder} holds no *{suffix} file")
    return found


def _converted(text: str, hint: Any) -> Any:
    kind = _plain(hint)
    return bytes.fromhex(text) if kind is bytes else kind(text)


def _plain(hint: Any) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        return next(part for part in get_args(hint) if part is not type(None))
    return hint
