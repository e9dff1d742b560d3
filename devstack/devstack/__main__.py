"""`python -m devstack COMMAND`, from `up` and `down` to `restore`: the platform from the command line."""

import argparse
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from devstack import background
from devstack.clock import clock_of
from devstack.compose_env import compose_env
from devstack.environment import service_environment
from devstack.errors import DevstackError
from devstack.folders import read_state
from devstack.host.packages import RENDERING, SERVERS, ensure_packages
from devstack.host.ports import free_port
from devstack.officers import create_officer
from devstack.programmes import PROJECT
from devstack.rolling import restart_one_by_one
from devstack.secrets import SERVICES
from devstack.servers import recovery
from devstack.servers.backing import is_given
from devstack.services import parse_services

DEFAULT_FOLDER = PROJECT / "var" / "up"
CONTAINERS_FOLDER = PROJECT / "var" / "containers"
DEFAULT_GATEWAY_PORT = 8000
DEFAULT_PORTAL_PORT = 8080
CIVIL_TIME = ZoneInfo("Europe/Paris")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code."""
    options = _parser().parse_args(arguments)
    options.folder = options.folder.resolve()
    try:
        return int(options.run(options) or 0)
    except DevstackError as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m devstack", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--folder", type=Path, default=DEFAULT_FOLDER, help="where the platform keeps its data"
    )
    for name, run, text in (
        ("up", _up, "start the platform in the background"),
        ("serve", _serve, "run the platform in the foreground until SIGTERM"),
    ):
        command = commands.add_parser(name, parents=[common], help=text)
        command.add_argument("--gateway-port", type=int, default=DEFAULT_GATEWAY_PORT)
        command.add_argument(
            "--portal-port", type=int, default=DEFAULT_PORTAL_PORT, help="of the web site; 0 leaves it out"
        )
        command.add_argument("--brokers", type=int, default=1, help="how many make one cluster (1, 3 or 5)")
        command.add_argument("services", nargs="*", help="services to run, cards=2 for two processes (all)")
        command.set_defaults(run=run)
    for name, run, text in (
        ("down", _down, "stop everything that `up` started"),
        ("status", _status, "what runs"),
        ("backup", _backup, "copy all databases while the platform runs"),
    ):
        commands.add_parser(name, parents=[common], help=text).set_defaults(run=run)
    restart = commands.add_parser(
        "restart", parents=[common], help="replace the services' processes one by one"
    )
    restart.add_argument("services", nargs="*", help="services to restart (all)")
    restart.set_defaults(run=_restart)
    commands.add_parser(
        "packages", parents=[common], help="install what is missing, or say how"
    ).set_defaults(run=_packages)
    restore = commands.add_parser(
        "restore", parents=[common], help="bring all databases of a stopped platform back to one moment"
    )
    restore.add_argument(
        "--to", required=True, help="2026-07-10T14:30:00+02:00 by the machine's clock, or latest"
    )
    restore.set_defaults(run=_restore)
    clock = commands.add_parser("clock", parents=[common], help="show or move the platform's time")
    clock.add_argument("--at", type=_civil_time, help="2020-07-06T09:00 (Europe/Paris, or with an offset)")
    clock.add_argument("--reset", action="store_true", help="back to real time")
    clock.set_defaults(run=_clock)
    officer = commands.add_parser(
        "officer", parents=[common], help="make an officer; prints a one-time password"
    )
    officer.add_argument("--email", required=True)
    officer.set_defaults(run=_officer)
    compose = commands.add_parser("compose-env", help="print the env file of deploy/compose.yaml")
    compose.add_argument(
        "--folder",
        type=Path,
        default=CONTAINERS_FOLDER,
        help="where its secrets are kept, and the shared folders",
    )
    compose.add_argument("--sandbox", action="store_true", help="for deploy/compose.sandbox.yaml too")
    compose.set_defaults(run=_compose_env)
    execute = commands.add_parser("exec", parents=[common], help="run a command in a service's environment")
    execute.add_argument("service")
    execute.add_argument("command", nargs=argparse.REMAINDER)
    execute.set_defaults(run=_exec)
    return parser


def _up(options: argparse.Namespace) -> None:
    background.up(
        options.folder,
        options.gateway_port,
        options.services,
        dict(os.environ),
        options.brokers,
        options.portal_port,
    )
    wiring = read_state(options.folder)
    url = wiring.gateway_url
    if wiring.portal_port:
        print(f"The web site: {wiring.portal_url}")
    print(
        f"The platform runs: {url}   (API docs: {url}/v1/docs)\n"
        f"  logs, mails, secrets:  {options.folder}\n"
        "  a first officer:       .venv/bin/python -m devstack officer --email you@example.org\n"
        "  play the 2020 edition: .venv/bin/python -m devstack clock --at 2020-07-06T09:00\n"
        "  what runs:             .venv/bin/python -m devstack status\n"
        "  stop it:               make down"
    )


def _serve(options: argparse.Namespace) -> None:
    background.serve(
        options.folder, options.gateway_port, options.services, options.brokers, options.portal_port
    )


def _down(options: argparse.Namespace) -> None:
    stopped = background.down(options.folder)
    print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")


def _status(options: argparse.Namespace) -> None:
    print(background.status(options.folder))


def _backup(options: argparse.Namespace) -> None:
    print(recovery.back_up(options.folder), end="")


def _restore(options: argparse.Namespace) -> None:
    print(recovery.restore(options.folder, options.to), end="", flush=True)
    print(recovery.announce_again(options.folder) + "Now: make up, then make reconcile.")


def _restart(options: argparse.Namespace) -> None:
    services = parse_services(options.services or SERVICES)
    read_state(options.folder)
    for one in restart_one_by_one(options.folder, services):
        print(f"{one.name:12} ended after {one.stopped_s:4.1f} s, was replaced after {one.away_s:4.1f} s")


def _packages(options: argparse.Namespace) -> None:
    ensure_packages(RENDERING if is_given(os.environ) else (*SERVERS, *RENDERING))


def _clock(options: argparse.Namespace) -> None:
    clock = clock_of(read_state(options.folder).folder)
    if options.reset:
        clock.reset()
    if options.at:
        clock.set_time(options.at)
    print(
        f"The platform's time is {clock.now().astimezone(CIVIL_TIME):%A %d %B %Y, %H:%M:%S} (Europe/Paris)."
    )


def _officer(options: argparse.Namespace) -> None:
    print(create_officer(read_state(options.folder), options.email))


def _compose_env(options: argparse.Namespace) -> None:
    print(compose_env(options.folder, sandbox=options.sandbox), end="")


def _exec(options: argparse.Namespace) -> int:
    """Like env(1): the command's own output and exit code."""
    argv = [word for position, word in enumerate(options.command) if position or word != "--"]
    if not argv:
        raise DevstackError("exec SERVICE -- COMMAND …: the command is missing.")
    wiring = read_state(options.folder)
    environment = service_environment(options.service, wiring, free_port())
    return subprocess.run(argv, env=environment, check=False).returncode


def _civil_time(text: str) -> datetime:
    """A time without an offset is meant as the clock on the wall in France shows it."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return (at if at.tzinfo else at.replace(tzinfo=CIVIL_TIME)).astimezone(UTC)


if __name__ == "__main__":
    sys.exit(main())
