"""What the platform needs of the system: looked for itself, and installed or told as that system does it."""

import importlib
import importlib.util
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devstack.errors import DevstackError
from devstack.host import apt, programs
from devstack.host.libraries import missing_fonts, missing_libraries

SERVERS = ("rabbitmq", "postgresql")
RENDERING = ("pango", "fonts")
# For the tests of the alerts: no part of a running platform, so they ask for it themselves.
MONITORING = ("prometheus",)
# For the tests that drive the web site.
BROWSING = ("chromium",)
GIVEN_SERVERS = (
    "Or give servers that run: AMQP_URI=amqp://… and DATABASE_URL=postgresql+psycopg2://… (an administrator)."
)


@dataclass(frozen=True, kw_only=True)
class System:
    """How one system brings what we need: its command, and its packages by need."""

    name: str
    command: str
    packages: Mapping[str, str]


DEBIAN = System(
    name="Debian or Ubuntu, as root",
    command="apt-get update && apt-get install",
    packages={
        "rabbitmq": "rabbitmq-server",
        "postgresql": "postgresql",
        "pango": "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
        "fonts": "fonts-dejavu-core fonts-open-sans fonts-wqy-microhei",
        "prometheus": "prometheus",
        "chromium": "chromium",
        "venv": f"python3.{sys.version_info.minor}-venv",
    },
)
FEDORA = System(
    name="Fedora",
    command="sudo dnf install",
    packages={
        "rabbitmq": "rabbitmq-server",
        "postgresql": "postgresql-server postgresql-contrib",
        "pango": "pango harfbuzz",
        "fonts": "dejavu-sans-fonts dejavu-sans-mono-fonts open-sans-fonts wqy-microhei-fonts",
        "prometheus": "golang-github-prometheus",
        "chromium": "chromium",
        "venv": "python3",
    },
)
SUSE = System(
    name="openSUSE",
    command="sudo zypper install",
    packages={
        "rabbitmq": "rabbitmq-server",
        "postgresql": "postgresql-server postgresql-contrib",
        "pango": "libpango-1_0-0 libharfbuzz-subset0",
        "fonts": "dejavu-fonts google-opensans-fonts wqy-microhei-fonts",
        "prometheus": "golang-github-prometheus-prometheus",
        "chromium": "chromium",
        "venv": f"python3{sys.version_info.minor}",
    },
)
ARCH = System(
    name="Arch Linux",
    command="sudo pacman -S --needed",
    packages={
        "rabbitmq": "rabbitmq",
        "postgresql": "postgresql",
        "pango": "pango harfbuzz",
        "fonts": "ttf-dejavu ttf-opensans wqy-microhei",
        "prometheus": "prometheus",
        "chromium": "chromium",
        "venv": "python",
    },
)
MACOS = System(
    name="macOS with Homebrew",
    command="brew install",
    packages={
        "rabbitmq": "rabbitmq",
        "postgresql": "postgresql@18",
        "pango": "pango",
        "fonts": "font-dejavu font-open-sans font-noto-sans-cjk-sc",
        "prometheus": "prometheus",
        "chromium": "chromium",
        "venv": f"python@3.{sys.version_info.minor}",
    },
)
# By `ID` and `ID_LIKE` of os-release(5).
SYSTEMS = {"debian": DEBIAN, "ubuntu": DEBIAN, "fedora": FEDORA, "suse": SUSE, "arch": ARCH}


def ensure_packages(needs: Sequence[str] = (*SERVERS, *RENDERING)) -> None:
    """Make sure that all is there.

    Installs what is missing on Debian and Ubuntu when we are root; raises DevstackError with what is missing,
    where was looked, and the command of this system otherwise.
    """
    if not missing(needs):
        return
    if apt.can_install():
        apt.install(lambda: [package for need in missing(needs) for package in DEBIAN.packages[need].split()])
    if lacking := missing(needs):
        raise DevstackError(what_to_do(lacking, this_system()))


def missing(needs: Sequence[str]) -> dict[str, str]:
    """Those needs that are not met, with a sentence each: what is missing and where was looked."""
    programs.forget()
    return {need: said for need in needs if (said := CHECKS[need]())}


def what_to_do(lacking: Mapping[str, str], system: System | None) -> str:
    """The words for a person who may install packages, or who has servers elsewhere."""
    lines = list(lacking.values())
    if system:
        packages = " ".join(system.packages[need] for need in lacking)
        lines.append(f"Install on {system.name}:  {system.command} {packages}")
    else:
        lines.append(
            "Install that with the means of this system; on Debian the packages are called: "
            + " ".join(DEBIAN.packages[need] for need in lacking)
        )
    return "\n".join([*lines, *([GIVEN_SERVERS] if {*lacking} & {*SERVERS} else [])])


def this_system(platform: str = sys.platform, release: Path = Path("/etc/os-release")) -> System | None:
    """The system that we are on; None when we know no commands for it."""
    if platform == "darwin":
        return MACOS
    try:
        lines = [line.partition("=") for line in release.read_text().splitlines()]
    except OSError:
        return None
    said = {name: " ".join(shlex.split(value)) for name, _, value in lines if not name.startswith("#")}
    ids = [said.get("ID", ""), *said.get("ID_LIKE", "").split()]
    return next((SYSTEMS[one] for one in ids if one in SYSTEMS), None)


def _missing_rabbitmq() -> str:
    return _complaint(programs.rabbitmq_bin) or _complaint(programs.epmd)


def _missing_prometheus() -> str:
    lacking = [name for name in ("prometheus", "promtool") if shutil.which(name) is None]
    return f"Not in the PATH: {', '.join(lacking)}." if lacking else ""


def _missing_venv() -> str:
    importlib.invalidate_caches()
    if importlib.util.find_spec("ensurepip"):
        return ""
    return f"{sys.executable} cannot make environments: its module ensurepip is missing."


def _complaint(find: Callable[[], Path]) -> str:
    try:
        find()
    except DevstackError as error:
        return str(error)
    return ""


CHECKS: Mapping[str, Callable[[], str]] = {
    "rabbitmq": _missing_rabbitmq,
    "postgresql": lambda: _complaint(programs.postgresql_bin),
    "pango": missing_libraries,
    "fonts": missing_fonts,
    "prometheus": _missing_prometheus,
    "chromium": lambda: _complaint(programs.chromium),
    "venv": _missing_venv,
}


if __name__ == "__main__":
    try:
        ensure_packages(sys.argv[1:])
    except DevstackError as lacking_here:
        sys.exit(str(lacking_here))
