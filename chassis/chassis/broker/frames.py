"""AMQP 0-9-1's frames of what is hot: a publish or an acknowledgement as bytes, bytes as deliveries; no I/O.

What is not in this table goes py-amqp's way (ADR 0039). All numbers are unsigned and big-endian. Source: the
specification, https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf, sections 1.8.3, 2.3.5 and 4.2.

=============  ============================================================================================
frame          type (1 byte), channel (2), size (4), payload of that size, 0xCE; in all up to frame_max
types          1 method, 2 content header, 3 a piece of the body, 8 heartbeat
method         class (2), method (2), arguments
Basic.Publish  60, 40, reserved (2), exchange, routing key, bits (1): 1 mandatory
Basic.Deliver  60, 60, consumer tag, delivery tag (8), bits (1): 1 redelivered, exchange, routing key
Basic.Ack      60, 80, delivery tag (8), bits (1): 1 multiple
header         class (2), weight 0 (2), size of the body (8), flags (2), properties (chassis/properties.py)
names, tags    short strings: length (1), UTF-8
=============  ============================================================================================
"""

import struct
from collections import deque
from collections.abc import Mapping
from struct import Struct
from typing import Any, NamedTuple

from chassis.broker.properties import Unreadable, read_properties, read_short, write_properties, write_short

METHOD, HEADER, BODY, HEARTBEAT = 1, 2, 3, 8
END = 0xCE
# Around a payload: seven bytes before it, one behind.
OVERHEAD = 8
# What both sides propose (RabbitMQ's default and py-amqp's), and so the limit until they have agreed.
FRAME_MAX = 131_072
BASIC = 60
_KINDS = frozenset((METHOD, HEADER, BODY, HEARTBEAT))

_START = Struct(">BHI")
_CONTENT = Struct(">HHQ")
_TAG = Struct(">QB")
_PUBLISH, _DELIVER, _ACK = (bytes((0, BASIC, 0, method)) for method in (40, 60, 80))
_ENDING = bytes((END,))
# Type, channel, payload: as py-amqp's `on_inbound_frame` takes it.
Frame = tuple[int, int, bytes]


class FrameError(ConnectionError):
    """Bytes that are no frames, or a frame that no broker takes: the connection is of no use."""


class Delivery(NamedTuple):
    """A Basic.Deliver with its whole content; ``properties`` are named as py-amqp does."""

    channel: int
    consumer_tag: str
    delivery_tag: int
    redelivered: bool
    exchange: str
    routing_key: str
    properties: dict[str, Any]
    body: bytes


def publish(
    channel: int,
    exchange: str,
    routing_key: str,
    properties: Mapping[str, Any],
    body: bytes,
    *,
    frame_max: int,
    mandatory: bool = False,
) -> bytes:
    """All frames of a publish; ``frame_max`` is in bytes.

    Raises FrameError for properties that are longer than a frame, and what `write_properties` raises.
    """
    room = frame_max - OVERHEAD
    header = _CONTENT.pack(BASIC, 0, len(body)) + write_properties(properties)
    if len(header) > room:
        raise FrameError(f"the properties have {len(header)} bytes, a frame holds {room}")
    method = b"%b\0\0%b%b%c" % (_PUBLISH, write_short(exchange), write_short(routing_key), mandatory)
    pieces = [body] if 0 < len(body) <= room else [body[at : at + room] for at in range(0, len(body), room)]
    frames = [(METHOD, method), (HEADER, header), *((BODY, piece) for piece in pieces)]
    return b"".join(
        [part for kind, load in frames for part in (_START.pack(kind, channel, len(load)), load, _ENDING)]
    )


def ack(channel: int, delivery_tag: int, *, multiple: bool = False) -> bytes:
    """The frame of an acknowledgement; with ``multiple``, of every delivery of the channel up to this one."""
    return b"%b%b%b%b" % (_START.pack(METHOD, channel, 13), _ACK, _TAG.pack(delivery_tag, multiple), _ENDING)


class Reader:
    """Bytes as they arrive, cut anywhere, become deliveries, and frames of all else in their order."""

    def __init__(self, frame_max: int = FRAME_MAX) -> None:
        self.frame_max = frame_max
        self._bytes, self._at = b"", 0
        # By channel, the frames of a delivery that is not whole yet, and how much of its body is missing.
        self._partial: dict[int, tuple[list[Frame], int]] = {}
        self._passed_on: deque[Frame] = deque()

    def feed(self, data: bytes) -> None:
        """Take what has arrived."""
        self._bytes = self._bytes[self._at :] + data
        self._at = 0

    def read(self) -> Delivery | Frame | None:
        """The next of what was fed, or None until more has arrived; garbage raises FrameError, for ever."""
        while not self._passed_on:
            frame = self._frame()
            if frame is None:
                return None
            delivery = self._take(frame)
            if delivery is not None:
                return delivery
        return self._passed_on.popleft()

    def _frame(self) -> Frame | None:
        held, at = self._bytes, self._at
        # Before the rest has come: what is no frame may name any size, and would be waited for.
        if len(held) > at and held[at] not in _KINDS:
            raise FrameError(f"a frame of type {held[at]}")
        if len(held) < at + _START.size:
            return None
        kind, channel, size = _START.unpack_from(held, at)
        if size > self.frame_max - OVERHEAD:
            raise FrameError(f"a frame of {size + OVERHEAD} bytes, the limit is {self.frame_max}")
        end = at + OVERHEAD + size
        if len(held) < end:
            return None
        if held[end - 1] != END:
            raise FrameError(f"a frame that ends in {held[end - 1]}")
        self._at = end
        return kind, channel, held[at + _START.size : end - 1]

    def _take(self, frame: Frame) -> Delivery | None:
        """The delivery that this frame makes whole; a frame of none is passed on."""
        kind, channel, payload = frame
        if kind == HEARTBEAT or (channel not in self._partial and not payload.startswith(_DELIVER)):
            self._passed_on.append(frame)
            return None
        frames, missing = self._partial.pop(channel, ([], 0))
        missing = _missing(kind, payload, len(frames), missing)
        frames.append(frame)
        if missing > 0:
            self._partial[channel] = frames, missing
        elif missing < 0 or (delivery := _delivery(frames)) is None:
            # py-amqp reads what is odd, or says what is wrong with it.
            self._passed_on.extend(frames)
        else:
            return delivery
        return None


def _missing(kind: int, payload: bytes, place: int, missing: int) -> int:
    """The bytes that a delivery lacks after its frame at this place, the header being one; below 0 where
    it is not of it."""
    if place == 0 and kind == METHOD:
        return 1
    if place == 1 and kind == HEADER and len(payload) >= _CONTENT.size:
        return int(_CONTENT.unpack_from(payload)[2])
    return missing - len(payload) if place > 1 and kind == BODY else -1


def _delivery(frames: list[Frame]) -> Delivery | None:
    """Or None where method or header are not as in the tables."""
    (_, channel, method), (_, _, header), *pieces = frames
    body = pieces[0][2] if len(pieces) == 1 else b"".join([piece for *_, piece in pieces])
    try:
        if _CONTENT.unpack_from(header)[0] != BASIC:
            return None
        return Delivery(channel, *_read_deliver(method), read_properties(header, _CONTENT.size), body)
    except (Unreadable, IndexError, UnicodeDecodeError, struct.error):
        return None


def _read_deliver(method: bytes) -> tuple[str, int, bool, str, str]:
    consumer_tag, at = read_short(method, len(_DELIVER))
    delivery_tag, bits = _TAG.unpack_from(method, at)
    exchange, at = read_short(method, at + _TAG.size)
    routing_key, at = read_short(method, at)
    if at != len(method) or bits > 1:
        raise Unreadable
    return consumer_tag, delivery_tag, bits == 1, exchange, routing_key
