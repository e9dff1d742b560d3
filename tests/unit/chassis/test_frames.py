"""Frames as py-amqp itself writes and reads them, whatever they carry and wherever they are cut."""

from itertools import product
from typing import Any

import amqp
import pytest
from amqp.exceptions import FrameSyntaxError, UnexpectedFrame
from amqp.serialization import dumps
from hypothesis import given
from hypothesis import strategies as st

from chassis.broker.frames import FRAME_MAX, Delivery, FrameError, Reader, ack, publish
from tests.unit.chassis.py_amqp import (
    ACK,
    DELIVER,
    HEARTBEAT,
    PUBLISH,
    RETURN,
    SMALL_FRAME,
    delivered,
    each_of,
    frames_in_bytes,
    frames_of,
    in_frame,
    read,
    read_by_amqp,
    written,
)

# Of a body of no length, with the tag 7 and empty names.
DELIVER_PAYLOAD = b"\0\x3c\0\x3c\0" + b"\0\0\0\0\0\0\0\x07" + b"\0\0\0"
CONTENT = b"\0\x3c\0\0" + b"\0" * 8

shorts = st.text(st.characters(codec="utf-8"), max_size=60)
texts = st.text(st.characters(codec="utf-8"), max_size=300)
usual = texts | st.integers(-(2**63), 2**63 - 1) | st.booleans()
odd = st.none() | st.floats(allow_nan=False) | st.lists(usual, max_size=3) | st.dictionaries(shorts, usual)
octets, channels = st.integers(0, 255), st.integers(1, 65_535)
properties = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("content_type", "content_encoding", "correlation_id", "reply_to", "type"), shorts),
        **dict.fromkeys(("expiration", "message_id", "user_id", "app_id", "cluster_id"), shorts),
        "application_headers": st.dictionaries(shorts, usual | odd, max_size=6),
        "delivery_mode": octets,
        "priority": octets,
        "timestamp": st.integers(0, 2**64 - 1),
    },
)
bodies = st.binary(max_size=200) | st.integers(0, 3 * SMALL_FRAME).map(lambda size: b"x" * size)


@given(channels, shorts, shorts, properties, bodies, st.booleans())
def test_a_publish_is_written_as_by_py_amqp(
    channel: int, exchange: str, key: str, given_properties: dict[str, Any], body: bytes, mandatory: bool
) -> None:
    args = dumps("Bssbb", (0, exchange, key, mandatory, False))
    expected = written(PUBLISH, channel, args, amqp.Message(body, **given_properties))
    if len(frames_of(expected)[1][2]) > SMALL_FRAME - 8:
        with pytest.raises(FrameError, match="a frame holds 4088"):
            publish(channel, exchange, key, given_properties, body, frame_max=SMALL_FRAME)
    else:
        assert expected == publish(
            channel, exchange, key, given_properties, body, frame_max=SMALL_FRAME, mandatory=mandatory
        )


@given(channels, st.integers(0, 2**64 - 1), st.booleans())
def test_an_acknowledgement_is_written_as_by_py_amqp(channel: int, tag: int, multiple: bool) -> None:
    assert ack(channel, tag, multiple=multiple) == written(ACK, channel, dumps("Lb", (tag, multiple)))


@given(channels, st.integers(0, 2**64 - 1), st.booleans(), shorts, shorts, properties, bodies)
def test_a_delivery_is_read_as_by_py_amqp_or_left_to_it(
    channel: int,
    tag: int,
    redelivered: bool,
    consumer: str,
    key: str,
    given_properties: dict[str, Any],
    body: bytes,
) -> None:
    args = dumps("sLbss", (consumer, tag, redelivered, "exchange", key))
    data = written(DELIVER, channel, args, amqp.Message(body, **given_properties))
    reader = Reader(FRAME_MAX)
    reader.feed(data)
    found = list(each_of(reader))
    [expected] = read_by_amqp(frames_of(data))
    assert found == [expected] or found == frames_of(data)
    headers = given_properties.get("application_headers", {})
    if all(isinstance(value, str | bool) for value in headers.values()):
        assert found == [expected]


def test_what_our_messages_carry_is_read_here_and_not_left_to_py_amqp() -> None:
    carried = {
        **dict.fromkeys(("content_type", "content_encoding", "correlation_id", "reply_to"), "text"),
        **dict.fromkeys(("expiration", "message_id", "user_id"), "text"),
        "application_headers": {
            "nameko.call_id": "call_é",
            "x-attempt": 2,
            "x-delivery-count": 3,
            "on": True,
        },
        "delivery_mode": 2,
    }
    [found] = read(delivered(carried))
    assert found == Delivery(1, "consumer", 7, False, "exchange", "key", carried, b"body")


@pytest.mark.parametrize("body", [b"", b"body", b"x" * (2 * SMALL_FRAME + 1)])
def test_a_delivery_is_the_same_cut_at_every_byte(body: bytes) -> None:
    data = delivered({"application_headers": {"a": "b"}, "correlation_id": "rpc_1"}, body)
    [whole] = read(data)
    assert isinstance(whole, Delivery)
    for at in range(len(data) + 1):
        assert read(data[:at], data[at:]) == [whole]
    assert read(*(data[at : at + 1] for at in range(len(data)))) == [whole]


@given(st.data())
def test_deliveries_of_several_channels_and_heartbeats_may_lie_between(data: st.DataObject) -> None:
    """Whatever the order of the frames, as long as each channel's are in theirs."""
    each = [frames_in_bytes(delivered(body=b"x" * size, channel=size)) for size in (1, 5000, 9000)]
    each.append([HEARTBEAT, HEARTBEAT])
    mixed = []
    while left := [frames for frames in each if frames]:
        mixed.append(data.draw(st.sampled_from(left)).pop(0))
    found = read(*mixed)
    assert found.count((8, 0, b"")) == 2
    bodies_by_channel = {each.channel: each.body for each in found if isinstance(each, Delivery)}
    assert bodies_by_channel == {size: b"x" * size for size in (1, 5000, 9000)}
    assert len(found) == 5


def test_other_methods_are_passed_on_in_their_order_with_their_contents() -> None:
    returned = written(RETURN, 1, dumps("Bsss", (312, "NO_ROUTE", "", "key")), amqp.Message(b"body"))
    confirmed = written(ACK, 1, dumps("Lb", (1, False)))
    assert read(returned + confirmed + delivered()) == [
        *frames_of(returned),
        *frames_of(confirmed),
        *read(delivered()),
    ]


def test_a_delivery_that_breaks_off_is_passed_on_for_py_amqp_to_say_so() -> None:
    for kept in (1, 2):
        begun = b"".join(frames_in_bytes(delivered(body=b"x" * 5000))[:kept])
        found = read(begun + delivered())
        with pytest.raises(UnexpectedFrame):
            read_by_amqp([frame for frame in found if not isinstance(frame, Delivery)])


def test_more_body_than_announced_is_passed_on() -> None:
    method, header, _ = frames_in_bytes(delivered(body=b"four"))
    longer = in_frame(3, b"fours")
    assert read(method + header + longer) == frames_of(method + header + longer)


@given(st.binary(max_size=400))
def test_garbage_is_an_error_or_waits_for_more(garbage: bytes) -> None:
    reader = Reader(SMALL_FRAME)
    reader.feed(garbage)
    try:
        list(each_of(reader))
    except FrameError:
        with pytest.raises(FrameError):
            reader.read()


@pytest.mark.parametrize(
    ("garbage", "reason"),
    [
        (b"H", "type 72"),
        (b"HTTP/1.1 400 Bad Request", "type 72"),
        (b"AMQP\0\0\x09\x01", "type 65"),
        (b"\x01\0\x01\xff\xff\xff\xff", "4294967303 bytes, the limit is 4096"),
        (b"\x08\0\0\0\0\0\0\xcf", "ends in 207"),
    ],
)
def test_what_is_no_frame_is_said_at_once_and_what_came_before_it_is_read(
    garbage: bytes, reason: str
) -> None:
    reader = Reader(SMALL_FRAME)
    reader.feed(delivered() + garbage)
    assert isinstance(reader.read(), Delivery)
    with pytest.raises(FrameError, match=reason):
        reader.read()


def test_a_byte_changed_is_never_read_otherwise_than_by_py_amqp() -> None:
    whole = delivered({"application_headers": {"a": "b", "n": 1}, "reply_to": "here"}, b"body")
    read_here = 0
    for place, value in product(range(len(whole)), range(256)):
        data = whole[:place] + bytes((value,)) + whole[place + 1 :]
        try:
            found = read(data)
        except FrameError:
            continue
        if [type(each) for each in found] == [Delivery]:
            read_here += 1
            assert found == read_by_amqp(frames_of(data))
    assert read_here > 256


@pytest.mark.parametrize(
    ("method", "header"),
    [
        (DELIVER_PAYLOAD + b"\0", CONTENT + b"\0\0"),
        (DELIVER_PAYLOAD[:-1], CONTENT + b"\0\0"),
        (DELIVER_PAYLOAD[:14] + b"\x02\0\0", CONTENT + b"\0\0"),
        (DELIVER_PAYLOAD, b"\0\x3d" + CONTENT[2:] + b"\0\0"),
        (DELIVER_PAYLOAD, CONTENT[:-1]),
        (DELIVER_PAYLOAD, CONTENT),
        (DELIVER_PAYLOAD, CONTENT + b"\0\0\0"),
        (DELIVER_PAYLOAD, CONTENT + b"\0\x01"),
        (DELIVER_PAYLOAD, CONTENT + b"\x80\0\x05text"),
        (DELIVER_PAYLOAD, CONTENT + b"\x80\0\x01\xff"),
        (DELIVER_PAYLOAD, CONTENT + b"\x20\0\0\0\0\x04\x01at\x01\x01b"),
        (DELIVER_PAYLOAD, CONTENT + b"\x20\0\0\0\0\x03\x01at\x01"),
        (DELIVER_PAYLOAD, CONTENT + b"\x20\0\0\0\0\x09\x01aS\0\0\0\x05text"),
        (DELIVER_PAYLOAD, CONTENT + b"\x20\0\0\0\0\x04\x01aZ\0"),
    ],
)
def test_what_is_cut_or_odd_inside_is_passed_on(method: bytes, header: bytes) -> None:
    data = in_frame(1, method) + in_frame(2, header)
    assert read(data) == [(1, 1, method), (2, 1, header)]


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ({"correlation_id": "é" * 128}, ValueError),
        ({"reply_to": "\ud800"}, ValueError),
        ({"application_headers": {"a" * 256: "b"}}, ValueError),
        ({"application_headers": {"a": "\ud800"}}, ValueError),
        ({"application_headers": {"a": object()}}, FrameSyntaxError),
        ({"application_headers": {"a": "b" * SMALL_FRAME}}, FrameError),
    ],
)
def test_properties_that_no_frame_can_carry_are_refused(bad: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        publish(1, "", "key", bad, b"", frame_max=SMALL_FRAME)
