#!/usr/bin/env bash
# py-amqp 5.4.2 with RabbitMQ 3.10.8 (Debian 12): basic_publish() first looks whether something has arrived, and if so handles
# it before it publishes. A consumer that answers each delivery from its callback therefore runs nested in itself, as
# deep as messages are waiting, and answers them last in, first out.
#
# What one would guess: callbacks run where drain_events() is called, one after the other, and publishing writes. The
# documentation of basic_publish says nothing else (docs.celeryq.dev/projects/amqp).
# Seen: five requests in a queue, prefetch five, a callback that publishes an answer. The one drain_events() call that was
# meant for the first request handles all five, each inside the publish of the one before. Reason:
# Channel._basic_publish calls connection.drain_events(timeout=0), to notice connection.blocked, whenever the client
# announces that capability, which it does unasked (Connection.negotiate_capabilities). Without it all is as one would
# guess. Output of 2026-11-30:
#
#     as it comes:         depth 5, answers 5 4 3 2 1, handled by the first call 5
#     without the ability: depth 1, answers 1 2 3 4 5, handled by the first call 1
#
# So answers from a callback need a connection of their own, or one without connection.blocked; and a publish costs one read
# of the socket more. Takes about half a minute; needs Debian 12, apt and PyPI; not root.
set -euo pipefail
erlang=1:25.2.3+dfsg-1+deb12u4
rabbitmq=3.10.8-1.1+deb12u1
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait || true; rm -rf "$folder"' EXIT
cd "$folder"

parts=(asn1 base crypto eldap ftp inets mnesia os-mon parsetools public-key runtime-tools snmp ssl syntax-tools tftp tools xmerl)
apt-get download -q "rabbitmq-server=$rabbitmq" "${parts[@]/#/erlang-}" >/dev/null 2>&1 || true
for part in "${parts[@]}"; do ls "erlang-${part}_"*.deb >/dev/null 2>&1 || apt-get download -q "erlang-$part=$erlang" >/dev/null; done
for package in *.deb; do dpkg -x "$package" root; done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check amqp==5.4.2

export ERL_ROOTDIR="$folder/root/usr/lib/erlang" HOME="$folder" LANG=C.UTF-8
export PATH="$ERL_ROOTDIR/bin:$ERL_ROOTDIR/erts-13.1.5/bin:$PATH"
server=$(echo "$folder"/root/usr/lib/rabbitmq/lib/rabbitmq_server-*)
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
ERL_EPMD_PORT=$(free_port)
port=$(free_port)
export ERL_EPMD_PORT ERL_EPMD_ADDRESS=127.0.0.1
"$ERL_ROOTDIR/erts-13.1.5/bin/epmd" -port "$ERL_EPMD_PORT" -address 127.0.0.1 &
export RABBITMQ_NODENAME=n1@localhost RABBITMQ_MNESIA_BASE="$folder/data" RABBITMQ_LOG_BASE="$folder/log" RABBITMQ_LOGS=-
export RABBITMQ_CONFIG_FILE="$folder/n1.conf" RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_ADVANCED_CONFIG_FILE="$folder/none.config"
export RABBITMQ_ENABLED_PLUGINS_FILE="$folder/plugins" RUNNING_UNDER_SYSTEMD=true RABBITMQ_PID_FILE="$folder/pid"
RABBITMQ_DIST_PORT=$(free_port)
export RABBITMQ_DIST_PORT
echo '[].' >plugins
printf 'listeners.tcp.1 = 127.0.0.1:%s\nlog.console = true\nlog.file = false\n' "$port" >n1.conf
"$server/sbin/rabbitmq-server" >n1.log 2>&1 &
until grep -q 'Server startup complete' n1.log; do sleep 0.5; done

cat >answer.py <<'PY'
import sys
import time

import amqp

port = sys.argv[1]
asking = amqp.Connection(f"127.0.0.1:{port}")
asking.connect()
channel = asking.channel()
asked = channel.queue_declare("", exclusive=False, auto_delete=False).queue
answered = channel.queue_declare("", exclusive=False, auto_delete=False).queue
for number in range(1, 6):
    channel.basic_publish(amqp.Message(str(number)), "", asked)

answering = amqp.Connection(f"127.0.0.1:{port}")
if sys.argv[2:]:
    answering.negotiate_capabilities = {**answering.negotiate_capabilities, "connection.blocked": False}
answering.connect()
worker = answering.channel()
worker.basic_qos(0, 5, False)
running, deepest, handled = 0, 0, 0


def answer(message):
    global running, deepest, handled
    running += 1
    deepest, handled = max(deepest, running), handled + 1
    worker.basic_publish(amqp.Message(message.body), "", answered)
    worker.basic_ack(message.delivery_tag)
    running -= 1


worker.basic_consume(asked, callback=answer)
time.sleep(1)
answering.drain_events(timeout=5)
first = handled
while handled < 5:
    answering.drain_events(timeout=5)
time.sleep(1)
answers = " ".join(channel.basic_get(answered, no_ack=True).body for _ in range(5))
print(f"depth {deepest}, answers {answers}, handled by the first call {first}")
PY
as_it_comes=$(venv/bin/python answer.py "$port")
without=$(venv/bin/python answer.py "$port" without)
printf 'as it comes:         %s\nwithout the ability: %s\n' "$as_it_comes" "$without"
[ "$as_it_comes" = 'depth 5, answers 5 4 3 2 1, handled by the first call 5' ] &&
    [ "$without" = 'depth 1, answers 1 2 3 4 5, handled by the first call 1' ] ||
    { echo 'CHANGED: this is not what was found'; exit 1; }
