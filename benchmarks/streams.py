"""``make bench-streams``: thousands of pages follow visits and hear nothing; what they take, what a scan
costs meanwhile, and how soon a page hears of one.

Of two gateways one has the pages. Scans go to either in turn, while the other is frozen.
"""

import json
import os
import resource
import socket
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fcntl import F_DUPFD_CLOEXEC, fcntl
from pathlib import Path
from signal import SIGCONT, SIGSTOP

from benchmarks import world as w
from benchmarks.cells import Cell, Measuring, percentile_ms
from benchmarks.load import Address, exchange
from benchmarks.options import OptionsError, read_options
from benchmarks.stage import Platform, platform
from chassis.calls.tokens import sign
from contracts.access import scopes_of
from devstack.errors import DevstackError
from devstack.host.leaving import leave_when_told
from devstack.host.pids import read_records

LISTENERS = 10_000
CLIENTS = 8
# Scans that are waited for, and the desks that are followed.
TOLD, FOLLOWED = 200, 8
TOKEN_LIFETIME_S = 6 * 3600
# So many are being opened at once.
AT_ONCE = 50
HIGH = 2_000
RSS_MAX_MB, P99_RATIO_MAX = 250, 1.15
WITH, WITHOUT = "gateway-2", "gateway"
# Opened and left.
Pages = list[socket.socket]


def main() -> int:
    """The exit code: 1 where nothing could be measured; a missed target is told, and is no error."""
    leave_when_told()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    try:
        listeners = int(os.environ.get("LISTENERS") or LISTENERS)
        options = replace(read_options(os.environ), gateway_processes=2)
        with platform(options) as stage:
            found = measure(stage, listeners, options.rounds, options.seconds)
    except (OptionsError, DevstackError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    text = json.dumps(found)
    (options.folder / "streams.json").write_text(text + "\n")
    print(text)
    return 0


def measure(stage: Platform, listeners: int, rounds: int, seconds: float) -> dict[str, float]:
    """All figures, told as they come; megabytes, milliseconds and seconds."""
    stage.stack.start_service(WITH)
    measuring, at = Measuring(stage, seconds), {WITHOUT: stage.gateway, WITH: stage.second_gateways[0]}
    for address in at.values():
        measuring.closed("redeem", CLIENTS, addresses=[address])
    before = memory_mb(stage, WITH)
    began = time.monotonic()
    pages = opened(stage, at[WITH], listeners)
    found = {"listeners": float(listeners), "opened_s": time.monotonic() - began, "before_mb": before}
    found["rss_mb"] = memory_mb(stage, WITH)
    found["kb_each"] = (found["rss_mb"] - before) * 1024 / listeners
    tell(f"{listeners:,} pages: {before:.0f} → {found['rss_mb']:.0f} MB, {found['kb_each']:.1f} KB each")
    found |= told_after(stage, at[WITH])
    cells: dict[str, list[Cell]] = {WITH: [], WITHOUT: []}
    for number in range(rounds):
        for name in (WITH, WITHOUT, WITHOUT, WITH) if number % 2 else (WITHOUT, WITH, WITH, WITHOUT):
            with frozen(stage, WITHOUT if name == WITH else WITH):
                cells[name].append(measuring.closed("redeem", CLIENTS, addresses=[at[name]]))
            cell = cells[name][-1]
            tell(f"[{number + 1}/{rounds}] {name}: {cell.per_s:.0f}/s, p99 {cell.percentile_ms(0.99):.1f} ms")
    for share, figure in ((0.5, "p50"), (0.99, "p99")):
        with_ms, without_ms = (pooled_ms(cells[name], share) for name in (WITH, WITHOUT))
        found |= {f"{figure}_ms": with_ms, f"{figure}_ratio": with_ms / without_ms}
    found["peak_mb"] = memory_mb(stage, WITH, "VmHWM")
    for name, limit in (("peak_mb", RSS_MAX_MB), ("p99_ratio", P99_RATIO_MAX)):
        verdict = "met" if found[name] <= limit else "missed"
        tell(f"{name}: {found[name]:.2f}, must be {limit} at most: {verdict}")
    assert all(is_open(page) for page in pages), "a page was hung up on"
    began = time.monotonic()
    stage.stack.stop_service(WITH)
    found["stopped_s"] = time.monotonic() - began
    assert not any(is_open(page) for page in pages), "a page was forgotten"
    return {name: round(value, 3) for name, value in found.items()}


def opened(stage: Platform, address: Address, listeners: int) -> Pages:
    """Pages of holders who visit nothing; they are read no more once they are answered."""
    key, scope = stage.stack.wiring.secrets.token_signing_key, " ".join(sorted(scopes_of("holder", None)))
    pages: Pages = []
    for start in range(0, listeners, AT_ONCE):
        some = [socket.create_connection(address) for _ in range(min(AT_ONCE, listeners - start))]
        for number, page in enumerate(some, start):
            claims = {"sub": w.an_id("acc", w.MAX_HOLDERS + number), "kind": "holder", "scope": scope}
            page.sendall(request("/v1/me/visits/stream", sign(claims, key, TOKEN_LIFETIME_S)))
        for page in some:
            first_words(page)
        pages += [put_away(page) for page in some]
    return pages


def put_away(page: socket.socket) -> socket.socket:
    """The same under a high number: the load generator's `select` knows those up to 1,024."""
    with page:
        return socket.socket(fileno=fcntl(page, F_DUPFD_CLOEXEC, HIGH))


def request(path: str, token: str) -> bytes:
    """A page's request."""
    return f"GET {path} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def first_words(page: socket.socket) -> None:
    """Answered, and told where it stands."""
    said = b""
    while b"\n\n" not in said.partition(b"\r\n\r\n")[2]:
        said += (chunk := page.recv(4_096))
        assert chunk, said
    assert said.startswith(b"HTTP/1.1 200"), said


def told_after(stage: Platform, address: Address) -> dict[str, float]:
    """How long after a desk sent a lone scan its provider's page is told of it, among all the others."""
    key, claims = stage.stack.wiring.secrets.token_signing_key, {"sub": "stf_bench", "kind": "staff"}
    token = sign({**claims, "role": "officer", "scope": "statistics:read"}, key, TOKEN_LIFETIME_S)
    pages = [socket.create_connection(address) for _ in range(FOLLOWED)]
    for provider, page in enumerate(pages):
        page.sendall(request(f"/v1/providers/{w.provider_id(provider)}/visits/stream", token))
        first_words(page)
    asks, took_s = stage.asking.redeem(), list[float]()
    while len(took_s) < TOLD:
        ask = next(asks)
        began = time.perf_counter()
        for provider, page in enumerate(pages):
            if w.offer_id(provider).encode() in ask.raw:
                exchange(address, ask)
                while b"event: recorded" not in page.recv(16_384):
                    pass
                took_s.append(time.perf_counter() - began)
    for page in pages:
        page.close()
    return {
        f"told_{name}_ms": percentile_ms(took_s, share) or 0.0
        for name, share in (("p50", 0.5), ("p99", 0.99))
    }


@contextmanager
def frozen(stage: Platform, name: str) -> Iterator[None]:
    """Its beats and its news would take their share of a machine with two cores."""
    pid = pid_of(stage, name)
    os.kill(pid, SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, SIGCONT)


def pooled_ms(cells: list[Cell], share: float) -> float:
    """The median over the cells."""
    return statistics.median(cell.percentile_ms(share) or 0.0 for cell in cells)


def memory_mb(stage: Platform, name: str, field: str = "VmRSS") -> float:
    """What a process holds, or the most that it has held."""
    lines = Path(f"/proc/{pid_of(stage, name)}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field))


def pid_of(stage: Platform, name: str) -> int:
    """A process of the platform."""
    return next(record.id.pid for record in read_records(stage.folder) if record.name == name)


def is_open(page: socket.socket) -> bool:
    """Whether nobody has hung up."""
    page.setblocking(False)
    try:
        while page.recv(4_096):
            pass
    except BlockingIOError:
        return True
    return False


def tell(line: str) -> None:
    """At once."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
