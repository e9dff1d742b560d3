"""The broker's URL: one reader for all that connect (ADR 0029).

``amqps://user:password@one.example:5671/v?cacertfile=/etc/ca.pem``, several hosts as whole URLs with ``;``
between them, which differ in host and port only. The scheme decides the port (5672, 5671) and TLS; the names
of the parameters are those of RabbitMQ's own clients (rabbitmq.com/docs/uri-query-parameters).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

PORTS = {"amqp": 5672, "amqps": 5671}
# Of each parameter, what it says.
TLS_PARAMETERS = {
    "cacertfile": "the certificates of those who sign brokers' certificates (the system's own, where absent)",
    "certfile": "this process's certificate, for brokers that ask for one",
    "keyfile": "its private key",
    "verify": "verify_peer, or verify_none for a broker in development",
    "server_name_indication": "the name that the certificate must have, where it is not the host's",
}
VERIFY = ("verify_peer", "verify_none")


class BrokerUrlError(ValueError):
    """All that is wrong with a URL, one line each; without its password."""


@dataclass(frozen=True)
class Host:
    """One node of the broker."""

    name: str
    port: int

    def __str__(self) -> str:
        name = f"[{self.name}]" if ":" in self.name else self.name
        return f"{name}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class Tls:
    """How the broker proves who it is, and this process who it is; files by path, None where absent."""

    ca: str | None
    certificate: str | None
    key: str | None
    verify: bool
    server_name: str | None


@dataclass(frozen=True, kw_only=True)
class BrokerUrl:
    """Where the broker is and how it is entered; ``tls`` is None where the URL says ``amqp``."""

    hosts: tuple[Host, ...]
    user: str
    password: str = field(repr=False)
    virtual_host: str
    tls: Tls | None


@cache
def read_broker_url(text: str) -> BrokerUrl:
    """Read a URL of one host or of several; raises BrokerUrlError."""
    parts = [_split(one) for one in text.split(";")]
    problems = [problem for number, part in enumerate(parts, 1) for problem in _problems(part, number)]
    if not problems and len({_but_for_host(part) for part in parts}) > 1:
        problems = ["its URLs differ in more than host and port"]
    if problems:
        raise BrokerUrlError("\n".join(dict.fromkeys(problems)))
    first = parts[0]
    return BrokerUrl(
        hosts=tuple(dict.fromkeys(_host(part) for part in parts)),
        user=unquote(first.username or ""),
        password=unquote(first.password or ""),
        virtual_host=unquote(first.path[1:]) or "/",
        tls=_tls(dict(parse_qsl(first.query))) if first.scheme == "amqps" else None,
    )


def broker_url(user: str, password: str, hosts: Iterable[Host], virtual_host: str = "/") -> str:
    """The URL of a broker without TLS, as `read_broker_url` reads it."""
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    path = "" if virtual_host == "/" else quote(virtual_host, safe="")
    return ";".join(f"amqp://{login}@{host}/{path}" for host in hosts)


def with_hosts(text: str, hosts: Sequence[Host]) -> str:
    """The same URL, leading to these hosts."""
    part = _split(text.split(";")[0])
    login, at, _ = part.netloc.rpartition("@")
    return ";".join(part._replace(netloc=f"{login}{at}{host}").geturl() for host in hosts)


def _split(text: str) -> SplitResult:
    try:
        part = urlsplit(text.strip())
        # Only reading a port says that it is none.
        _ = part.port
    except ValueError:
        # The library's own text quotes the URL, and with it the password.
        raise BrokerUrlError("it is no URL, or its port is no number from 1 to 65535") from None
    return part


def _problems(part: SplitResult, number: int) -> list[str]:
    where = "it" if number == 1 else f"URL {number} of it"
    if part.scheme not in PORTS:
        return [f"{where} must start with amqp:// or amqps://"]
    found = [] if part.hostname else [f"{where} names no host"]
    given = dict(parse_qsl(part.query, keep_blank_values=True))
    if part.fragment or "/" in part.path[1:]:
        found.append(
            f"{where} has more than a virtual host after the host: %2F is a slash in a name, %23 a hash"
        )
    if unknown := sorted(given.keys() - TLS_PARAMETERS.keys()):
        found.append(f"{where} has a parameter that is not known: {', '.join(unknown)}")
    elif given and part.scheme == "amqp":
        found.append(f"{where} has parameters of TLS ({', '.join(sorted(given))}), but not the scheme amqps")
    if given.get("verify", VERIFY[0]) not in VERIFY:
        found.append(f"{where} has a verify that is neither {' nor '.join(VERIFY)}")
    if "keyfile" in given and "certfile" not in given:
        found.append(f"{where} has a keyfile without a certfile")
    return found


def _but_for_host(part: SplitResult) -> tuple[str | None, ...]:
    return part.scheme, part.username, part.password, part.path.rstrip("/"), part.query


def _host(part: SplitResult) -> Host:
    return Host(part.hostname or "", part.port or PORTS[part.scheme])


def _tls(given: dict[str, str]) -> Tls:
    return Tls(
        ca=given.get("cacertfile"),
        certificate=given.get("certfile"),
        key=given.get("keyfile"),
        verify=given.get("verify") != "verify_none",
        server_name=given.get("server_name_indication"),
    )
