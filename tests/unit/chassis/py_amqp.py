"""What py-amqp writes and reads, for tests that hold `chassis.broker.frames` to it."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import amqp
from amqp.method_framing import frame_handler, frame_writer
from amqp.serialization import dumps, loads

from chassis.broker.frames import Delivery, Frame, Reader

PUBLISH, DELIVER, ACK, RETURN = (60, 40), (60, 60), (60, 80), (60, 50)
SMALL_FRAME = 4096
HEARTBEAT = b"\x08\0\0\0\0\0\0\xce"


def written(sig: tuple[int, int], channel: int, args: bytes, content: amqp.Message | None = None) -> bytes:
    """py-amqp's frames."""
    held = bytearray()
    connection = SimpleNamespace(frame_max=SMALL_FRAME, bytes_sent=0)
    frame_writer(connection, SimpleNamespace(write=held.extend))(1, channel, sig, args, content)
    return bytes(held)


def delivered(
    given_properties: dict[str, Any] | None = None, body: bytes = b"body", *, channel: int = 1, tag: int = 7
) -> bytes:
    """py-amqp's frames of a delivery."""
    args = dumps("sLbss", ("consumer", tag, False, "exchange", "key"))
    return written(DELIVER, channel, args, amqp.Message(body, **given_properties or {}))


def read_by_amqp(frames: list[Frame]) -> list[Delivery]:
    """What py-amqp makes of these frames."""
    found = []

    def on_method(channel: int, sig: tuple[int, int], buffer: bytes, message: amqp.Message) -> None:
        if sig == DELIVER:
            args, _ = loads("sLbss", buffer, 4)
            found.append(Delivery(channel, *args, message.properties, message.body or b""))

    handle = frame_handler(SimpleNamespace(bytes_recv=0), on_method)
    for frame in frames:
        handle(frame)
    return found


def frames_of(data: bytes) -> list[Frame]:
    """The plain frames, by their layout alone."""
    found = []
    while data:
        size = int.from_bytes(data[3:7], "big")
        found.append((data[0], int.from_bytes(data[1:3], "big"), data[7 : 7 + size]))
        data = data[8 + size :]
    return found


def frames_in_bytes(data: bytes) -> list[bytes]:
    """The same bytes, frame by frame."""
    lengths = [8 + len(payload) for *_, payload in frames_of(data)]
    return [data[sum(lengths[:place]) :][:length] for place, length in enumerate(lengths)]


def in_frame(kind: int, payload: bytes) -> bytes:
    """A frame of the first channel."""
    return bytes((kind, 0, 1)) + len(payload).to_bytes(4, "big") + payload + b"\xce"


def each_of(reader: Reader) -> Iterator[Delivery | Frame]:
    while (found := reader.read()) is not None:
        yield found


def read(*parts: bytes) -> list[Delivery | Frame]:
    """What these parts become, one after the other."""
    reader, found = Reader(SMALL_FRAME), []
    for part in parts:
        reader.feed(part)
        found += each_of(reader)
    return found
