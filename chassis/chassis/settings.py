"""Settings come from the environment only, are read once, and all that is wrong is named at once."""

import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from chassis.broker.connection import tls_context
from chassis.broker.url import BrokerUrlError, read_broker_url

ENVIRONMENTS = ("production", "development")


class SettingsError(Exception):
    """Every variable that is missing or wrong, one line each."""


@dataclass(frozen=True, kw_only=True)
class PlainSettings:
    """What every process needs, also one without a bus; the variable's name is the field's in capitals."""

    environment: str
    metrics_port: int
    log_level: str = "info"

    def problems(self) -> list[str]:
        """What contradicts itself although each variable alone is well formed."""
        if self.environment in ENVIRONMENTS:
            return []
        return [f"ENVIRONMENT must be one of {', '.join(ENVIRONMENTS)}"]


@dataclass(frozen=True, kw_only=True)
class ProcessSettings(PlainSettings):
    """What every process needs that is on the bus."""

    amqp_uri: str
    token_public_keys: str
    service_signing_key: str
    public_url: str
    programmes_dir: Path
    clock_file: Path | None = None

    def problems(self) -> list[str]:
        """What contradicts itself although each variable alone is well formed."""
        found = broker_problems("AMQP_URI", self.amqp_uri, self.environment) + super().problems()
        if self.environment == "production" and self.clock_file is not None:
            found.append("CLOCK_FILE moves time and is refused in production")
        return found


SettingsT = TypeVar("SettingsT", bound=PlainSettings)


def read_settings(shape: type[SettingsT], environ: Mapping[str, str]) -> SettingsT:
    """Read ``shape`` from the environment; raises SettingsError naming all that is wrong."""
    hints = get_type_hints(shape)
    values: dict[str, Any] = {}
    problems: list[str] = []
    for field in fields(shape):
        name = field.name.upper()
        try:
            text = variable(name, environ)
        except SettingsError as error:
            problems.append(str(error))
            continue
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


def variable(name: str, environ: Mapping[str, str]) -> str:
    """A variable's text, or that of the file which ``NAME_FILE`` names, as secrets are mounted; "" where
    neither is set. Raises SettingsError.
    """
    text, file = environ.get(name, ""), environ.get(f"{name}_FILE", "")
    if text and file:
        raise SettingsError(f"{name} and {name}_FILE are both set: one of them is enough")
    if not file:
        return text
    try:
        return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        raise SettingsError(f"{name}_FILE names a file that cannot be read: {type(error).__name__}") from None


def required(name: str, environ: Mapping[str, str]) -> str:
    """As `variable`, for one that must be there."""
    if text := variable(name, environ):
        return text
    raise SettingsError(f"{name} is missing")


def broker_problems(name: str, uri: str, environment: str) -> list[str]:
    """What is wrong with a broker's URL; its files are opened too, as nobody would wait for them to come."""
    try:
        tls = read_broker_url(uri).tls
        if tls:
            tls_context(tls)
    except BrokerUrlError as error:
        return [f"{name}: {line}" for line in str(error).splitlines()]
    except OSError as error:
        return [f"{name}: a certificate or key cannot be read: {type(error).__name__}"]
    if tls and not tls.verify and environment == "production":
        return [f"{name}: verify_none lets anybody play the broker and is refused in production"]
    return []


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
