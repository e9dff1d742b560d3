"""Properties and headers as AMQP 0-9-1 writes them in a message's content header (`frames`); no I/O.

Sources: the specification, https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf, section 4.2.6.1; of the
letters, RabbitMQ's errata, https://www.rabbitmq.com/amqp-0-9-1-errata.

============  ================================================================================================
flags         2 bytes, big-endian like all numbers: bit 15 the first of `_PROPERTIES`, 14 the next, and so on;
              bit 0 says that more flags follow, which nobody sends
properties    those that have a flag, in this order, without names
short string  length (1), UTF-8
table         length (4), then of each header: name (short string), letter (1), value
letters       S long string: length (4), UTF-8; I and l signed integers: 4 and 8 bytes; t truth: 1 byte
============  ================================================================================================
"""

import struct
from collections.abc import Mapping
from functools import partial
from struct import Struct
from typing import Any

from amqp.serialization import dumps

SHORT_MAX = 255

_PROPERTIES = {
    "content_type": "short string",
    "content_encoding": "short string",
    "application_headers": "table",
    "delivery_mode": "1 byte",
    "priority": "1 byte",
    "correlation_id": "short string",
    "reply_to": "short string",
    "expiration": "short string",
    "message_id": "short string",
    "timestamp": "8 bytes",
    "type": "short string",
    "user_id": "short string",
    "app_id": "short string",
    "cluster_id": "short string",
}
_FLAGGED = [(0x8000 >> place, name, kind) for place, (name, kind) in enumerate(_PROPERTIES.items())]
_ALL_FLAGS = sum(flag for flag, *_ in _FLAGGED)
_FLAGS, _LENGTH, _BYTE, _EIGHT = Struct(">H"), Struct(">I"), Struct("B"), Struct(">Q")


class Unreadable(ValueError):
    """Cut, or not in the tables of this module or `chassis.broker.frames`."""


def write_properties(properties: Mapping[str, Any]) -> bytes:
    """Flags and properties; they are named as py-amqp does, and one of None is left out.

    Raises ValueError for a short string of more than `SHORT_MAX` bytes or a text that is no Unicode, and
    py-amqp's FrameSyntaxError for a header that no letter stands for.
    """
    flags, parts = 0, [b""]
    for flag, name, kind in _FLAGGED:
        value = properties.get(name)
        if value is not None:
            flags |= flag
            parts.append(_WRITE[kind](value))
    parts[0] = _FLAGS.pack(flags)
    return b"".join(parts)


def read_properties(payload: bytes, at: int) -> dict[str, Any]:
    """What stands from ``at`` to the end; raises Unreadable."""
    try:
        return _read_properties(payload, at)
    except (LookupError, UnicodeDecodeError, struct.error) as error:
        raise Unreadable from error


def write_short(text: str) -> bytes:
    """A short string."""
    encoded = text.encode()
    if len(encoded) > SHORT_MAX:
        raise ValueError(f"a short string of {len(encoded)} bytes, the limit is {SHORT_MAX}")
    return b"%c%b" % (len(encoded), encoded)


def read_short(payload: bytes, at: int) -> tuple[str, int]:
    """A short string and the place behind it, beyond the end where it is cut; raises IndexError or
    UnicodeDecodeError."""
    end = at + 1 + payload[at]
    return payload[at + 1 : end].decode(), end


def _write_table(headers: Mapping[str, Any]) -> bytes:
    parts = [b""]
    for name, value in headers.items():
        if type(value) is str:
            encoded = value.encode()
            parts += (write_short(name), b"S", _LENGTH.pack(len(encoded)), encoded)
        else:
            # py-amqp writes what is rarer, and says what no letter stands for.
            parts.append(dumps("F", [{name: value}])[_LENGTH.size :])
    parts[0] = _LENGTH.pack(sum(map(len, parts)))
    return b"".join(parts)


def _read_properties(payload: bytes, at: int) -> dict[str, Any]:
    flags, at = _read_number(_FLAGS, payload, at)
    properties = {}
    for flag, name, kind in _FLAGGED:
        if flags & flag:
            properties[name], at = _READ[kind](payload, at)
    if at != len(payload) or flags & ~_ALL_FLAGS:
        raise Unreadable
    return properties


def _read_table(payload: bytes, at: int) -> tuple[dict[str, Any], int]:
    size, at = _read_number(_LENGTH, payload, at)
    end, headers = at + size, {}
    while at < end:
        name, at = read_short(payload, at)
        headers[name], at = _READ[payload[at]](payload, at + 1)
    if at != end:
        raise Unreadable
    return headers, at


def _read_long(payload: bytes, at: int) -> tuple[str, int]:
    size, at = _read_number(_LENGTH, payload, at)
    return payload[at : at + size].decode(), at + size


def _read_number(number: Struct, payload: bytes, at: int) -> tuple[Any, int]:
    return number.unpack_from(payload, at)[0], at + number.size


_WRITE: dict[str, Any] = {
    "short string": write_short,
    "table": _write_table,
    "1 byte": _BYTE.pack,
    "8 bytes": _EIGHT.pack,
}
# By kind of a property, and by letter of a header.
_READ: dict[str | int, Any] = {
    "short string": read_short,
    "table": _read_table,
    "1 byte": partial(_read_number, _BYTE),
    "8 bytes": partial(_read_number, _EIGHT),
    ord("S"): _read_long,
    ord("I"): partial(_read_number, Struct(">i")),
    ord("l"): partial(_read_number, Struct(">q")),
    ord("t"): partial(_read_number, Struct("?")),
}
