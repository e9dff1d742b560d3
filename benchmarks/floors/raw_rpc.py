"""The broker's floor: a request and its reply through durable queues as persistent messages, nothing else.

Two processes with plain py-amqp, one connection each, bodies as long as a scan's request (with its token)
and answer. The server replies, then acknowledges. ``confirmed`` waits for the broker's confirm after each
publish, on both sides; without it nobody waits, and the floor is lower. Nothing is replicated: the queues
are classic ones, since a request that was lost is sent again with its key.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import amqp

from chassis.broker.amqp import connect, message
from chassis.broker.confirms import PERSISTENT

REQUEST_BYTES, ANSWER_BYTES = 1_100, 420
WARM_UP_S = 0.3
ANSWER_TIMEOUT_S = 5.0
STOP_TIMEOUT_S = 5.0


class RawRpc:
    """A client of the server process."""

    def __init__(self, uri: str, *, confirmed: bool) -> None:
        self._connection = connect(uri)
        self._channel = self._connection.channel()
        self._publish = publisher(self._channel, confirmed=confirmed)
        self._replies = f"{queue_name(confirmed)}.replies"
        self._answered: set[str] = set()
        self._channel.queue_declare(self._replies, durable=True, auto_delete=False)
        self._channel.basic_consume(self._replies, callback=self._on_reply)

    def latencies_s(self, confirmed: bool, seconds: float) -> list[float]:
        """One call after the other; each one's time, the warm-up left out."""
        began = time.perf_counter()
        measured = []
        number = 0
        while (now := time.perf_counter()) < began + WARM_UP_S + seconds:
            number += 1
            self._call(queue_name(confirmed), str(number))
            if now >= began + WARM_UP_S:
                measured.append(time.perf_counter() - now)
        return measured

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _call(self, queue: str, call: str) -> None:
        sent = message(
            "x" * REQUEST_BYTES, delivery_mode=PERSISTENT, correlation_id=call, reply_to=self._replies
        )
        self._publish(sent, exchange="", routing_key=queue)
        while call not in self._answered:
            self._connection.drain_events(timeout=ANSWER_TIMEOUT_S)
        self._answered.clear()

    def _on_reply(self, reply: amqp.Message) -> None:
        self._channel.basic_ack(reply.delivery_tag)
        self._answered.add(reply.properties["correlation_id"])


def measure(uri: str, seconds: float, *, confirmed: bool) -> list[float]:
    """Latencies of one client, in seconds."""
    with _server(uri, confirmed):
        client = RawRpc(uri, confirmed=confirmed)
        try:
            return client.latencies_s(confirmed, seconds)
        finally:
            client.close()


def serve(uri: str, confirmed: bool) -> None:
    """Answer until the process is ended."""
    connection = connect(uri)
    channel = connection.channel()
    publish = publisher(channel, confirmed=confirmed)

    def answer(request: amqp.Message) -> None:
        asked = request.properties
        sent = message("x" * ANSWER_BYTES, delivery_mode=PERSISTENT, correlation_id=asked["correlation_id"])
        publish(sent, exchange="", routing_key=asked["reply_to"])
        channel.basic_ack(request.delivery_tag)

    channel.queue_declare(queue_name(confirmed), durable=True, auto_delete=False)
    channel.basic_consume(queue_name(confirmed), callback=answer)
    print("ready", flush=True)
    while True:
        try:
            connection.drain_events()
        except TimeoutError:
            # Nobody asked for a while: the socket's own time limit.
            continue


def publisher(channel: amqp.Channel, *, confirmed: bool) -> amqp.Channel.basic_publish:
    """How messages leave: with the broker's confirm awaited for each, or without."""
    return channel.basic_publish_confirm if confirmed else channel.basic_publish


def queue_name(confirmed: bool) -> str:
    """The server's queue."""
    return "bench.confirmed" if confirmed else "bench.raw"


@contextmanager
def _server(uri: str, confirmed: bool) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, "confirmed" if confirmed else "raw"],
        env={**os.environ, "AMQP_URI": uri},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        if process.stdout.readline().strip() != "ready":
            raise RuntimeError("the raw RPC server did not start")
        yield
    finally:
        process.kill()
        process.wait(STOP_TIMEOUT_S)


if __name__ == "__main__":
    serve(os.environ["AMQP_URI"], sys.argv[1] == "confirmed")
