"""The service and sandbox processes of a platform: their commands, ports, logs and readiness."""

import http.client
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence

from devstack.environment import (
    Wiring,
    portal_environment,
    prepare_environment,
    sandbox_environment,
    service_environment,
)
from devstack.errors import DevstackError
from devstack.host.ports import LOOPBACK, answers, free_port, is_free
from devstack.host.processes import Command
from devstack.secrets import DATABASE_SERVICES, GATEWAY, PORTAL, SERVICES
from devstack.supervisor import Supervised

SANDBOX = ("bank", "family_quotient", "mailbox")
PREPARE_TIMEOUT_S = 120.0
COMMAND_TIMEOUT_S = 60.0


def parse_services(names: Iterable[str]) -> dict[str, int]:
    """`["cards=2", "gateway"]` → how many processes of each: `{"cards": 2, "gateway": 1}`."""
    counts = {}
    for name in names:
        service, _, count = name.partition("=")
        if service not in SERVICES:
            raise DevstackError(f"There is no service {service!r}; there are: {', '.join(SERVICES)}.")
        if count and not (count.isdecimal() and int(count) > 0):
            raise DevstackError(f"{name!r}: the number of processes is a whole number from 1.")
        counts[service] = int(count or 1)
    return counts


def choose_ports(gateway_port: int | None, portal_port: int | None) -> Mapping[str, int]:
    """A port for everything that answers by HTTP or SMTP; DevstackError where a given one is taken."""
    for name, port in ((GATEWAY, gateway_port), (PORTAL, portal_port)):
        refuse_taken_port(name, port)
    chosen = {name: free_port() for name in SANDBOX} | {GATEWAY: gateway_port or free_port()}
    return chosen | ({PORTAL: portal_port} if portal_port else {})


def refuse_taken_port(name: str, port: int | None) -> None:
    """DevstackError where another program listens there."""
    if port and not is_free(port):
        raise DevstackError(
            f"Port {port} is taken by another program. Stop it, or choose another port: "
            f"make up {name.upper()}_PORT={port + 1}"
        )


def service_processes(wiring: Wiring, counts: Mapping[str, int]) -> list[Supervised]:
    """The processes of each service; the second and later ones of a service get a number in their name."""
    return [
        _service_process(wiring, service, service if number == 1 else f"{service}-{number}")
        for service, count in counts.items()
        for number in range(1, count + 1)
    ]


def sandbox_processes(wiring: Wiring) -> list[Supervised]:
    """The bank, the family quotient API and the mailbox."""
    ports = {
        "bank": wiring.bank_port,
        "family_quotient": wiring.family_quotient_port,
        "mailbox": wiring.mailbox_port,
    }
    return [_sandbox_process(wiring, name, ports[name]) for name in SANDBOX]


def portal_process(wiring: Wiring) -> Supervised:
    """The web site."""
    metrics_port = free_port()

    def is_ready() -> bool:
        ports = (metrics_port, wiring.portal_port)
        return all(http_status(port, "/healthz") == 200 for port in ports)

    argv = [sys.executable, "-m", PORTAL]
    command = _command(wiring, PORTAL, argv, portal_environment(wiring, metrics_port))
    return Supervised(group=PORTAL, command=command, is_ready=is_ready)


def prepare(wiring: Wiring, services: Iterable[str]) -> None:
    """Migrations, rights and topology of every service that has a database, before any serves."""
    started = {
        service: subprocess.Popen(
            [sys.executable, "-m", "chassis", "prepare", service],
            env=prepare_environment(service, wiring, free_port()),
            cwd=wiring.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for service in services
        if service in DATABASE_SERVICES
    }
    failed = {}
    try:
        for service, process in started.items():
            output, _ = process.communicate(timeout=PREPARE_TIMEOUT_S)
            (wiring.folder / "logs" / f"prepare-{service}.log").write_text(output)
            if process.returncode != 0:
                failed[service] = output[-3_000:]
    finally:
        for process in started.values():
            process.kill()
            process.wait()
    if failed:
        raise DevstackError(
            "\n".join(f"prepare {service} failed:\n{output}" for service, output in failed.items())
        )


def run_in_service(wiring: Wiring, service: str, argv: Sequence[str]) -> str:
    """Run a command to its end in the environment of a service; its standard output."""
    done = subprocess.run(
        list(argv),
        env=service_environment(service, wiring, free_port()),
        cwd=wiring.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        raise DevstackError(f"{' '.join(argv)} failed:\n{(done.stdout + done.stderr)[-3_000:]}")
    return done.stdout


def http_status(port: int, path: str, timeout_s: float = 2.0) -> int | None:
    """The status of GET on a loopback port; None when nobody answers. No proxy is asked."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=timeout_s)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _service_process(wiring: Wiring, service: str, name: str) -> Supervised:
    metrics_port = free_port()

    def is_ready() -> bool:
        if http_status(metrics_port, "/healthz") != 200:
            return False
        return service != GATEWAY or http_status(wiring.gateway_port, "/readyz") == 200

    environment = service_environment(service, wiring, metrics_port)
    command = _command(wiring, name, _service_argv(service), environment)
    return Supervised(group=service, command=command, is_ready=is_ready)


def _service_argv(service: str) -> list[str]:
    if service == GATEWAY:
        return [sys.executable, "-m", "gateway"]
    return [sys.executable, "-m", "chassis", "run", service]


def _sandbox_process(wiring: Wiring, name: str, port: int) -> Supervised:
    def is_ready() -> bool:
        return answers(port) if name == "mailbox" else http_status(port, "/healthz") == 200

    argv = [sys.executable, "-m", f"sandbox.{name}"]
    return Supervised(
        group=name, command=_command(wiring, name, argv, sandbox_environment(wiring)), is_ready=is_ready
    )


def _command(wiring: Wiring, name: str, argv: list[str], environment: dict[str, str]) -> Command:
    log_file = wiring.folder / "logs" / f"{name}.log"
    return Command(name=name, argv=argv, environment=environment, folder=wiring.folder, log_file=log_file)
