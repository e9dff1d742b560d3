#!/usr/bin/env bash
# RabbitMQ 3.10.8 (Debian 12) with py-amqp 5.4.2: a channel whose first message to a quorum queue is sent while the
# queue chooses a new leader is refused (basic.nack) for as long as it lives. A new channel is confirmed at once.
#
# What one would guess: publisher confirms are per message, so to send the refused message again on the same channel
# is enough (rabbitmq.com/docs/confirms says that a nack means "could not handle"; nothing ties it to the channel).
# Seen: three nodes of one machine, one quorum queue, its leader killed. A channel opened then gets a nack for every
# one of ten messages, one a second, the last ones long after `rabbitmqctl list_queues` names the new leader; a
# second channel to the same node gets an ack for its first message. Output of 2026-11-29, in short:
#
#     same channel: nack nack nack nack nack nack nack nack nack nack
#     new leader known: yes
#     new channel: ack
#
# So a publisher must leave its channel after any nack. Takes about two minutes; needs Debian 12, apt and PyPI; not root.
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
export ERL_EPMD_PORT ERL_EPMD_ADDRESS=127.0.0.1
"$ERL_ROOTDIR/erts-13.1.5/bin/epmd" -port "$ERL_EPMD_PORT" -address 127.0.0.1 &

ports=() pids=()
node_environment() {
    export RABBITMQ_NODENAME="n$1@localhost" RABBITMQ_MNESIA_BASE="$folder/n$1" RABBITMQ_LOG_BASE="$folder/n$1"
    export RABBITMQ_LOGS=- RABBITMQ_CONFIG_FILE="$folder/n$1.conf" RABBITMQ_CONF_ENV_FILE=/dev/null
    export RABBITMQ_ENABLED_PLUGINS_FILE="$folder/plugins" RABBITMQ_ADVANCED_CONFIG_FILE="$folder/none.config"
    export RUNNING_UNDER_SYSTEMD=true RABBITMQ_PID_FILE="$folder/n$1/pid"
}
echo '[].' >plugins
for number in 1 2 3; do
    port=$(free_port)
    ports+=("$port")
    mkdir "n$number"
    cat >"n$number.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:$port
cluster_formation.peer_discovery_backend = classic_config
cluster_formation.classic_config.nodes.1 = n1@localhost
cluster_formation.classic_config.nodes.2 = n2@localhost
cluster_formation.classic_config.nodes.3 = n3@localhost
cluster_name = finding
log.console = true
log.file = false
CONF
    (
        node_environment "$number"
        RABBITMQ_DIST_PORT=$(free_port)
        export RABBITMQ_DIST_PORT
        exec "$server/sbin/rabbitmq-server"
    ) >"n$number.log" 2>&1 &
    pids+=($!)
    until grep -q 'Server startup complete' "n$number.log"; do sleep 0.5; done
done
until [ "$(node_environment 1; "$server/sbin/rabbitmqctl" --quiet eval 'length(rabbit_nodes:all_running()).')" = 3 ]; do sleep 0.5; done

cat >publish.py <<'PY'
import sys
import time

import amqp

node, action = sys.argv[1:]
connection = amqp.Connection(f"127.0.0.1:{node}")
connection.connect()
channel = connection.channel()
if action == "declare":
    channel.queue_declare("q", durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
    sys.exit()
said = []
channel.confirm_select()
channel.events["basic_ack"] = {lambda *_: said.append("ack")}
channel.events["basic_nack"] = {lambda *_: said.append("nack")}
for number in range(1, int(action) + 1):
    channel.basic_publish(amqp.Message("hello", delivery_mode=2), "", "q", mandatory=True)
    while len(said) < number:
        connection.drain_events(timeout=30)
    if number < int(action):
        time.sleep(1)
print(*said)
PY
venv/bin/python publish.py "${ports[0]}" declare
leader() { node_environment 2; "$server/sbin/rabbitmqctl" --quiet list_queues name leader | awk '$1 == "q" { print $2 }'; }
[ "$(leader)" = n1@localhost ] || { echo "the leader is not where the queue was declared"; exit 1; }
kill -9 "${pids[0]}"
same=$(venv/bin/python publish.py "${ports[1]}" 10)
known=$([ "$(leader)" != n1@localhost ] && echo yes || echo no)
new=$(venv/bin/python publish.py "${ports[1]}" 1)
printf 'same channel: %s\nnew leader known: %s\nnew channel: %s\n' "$same" "$known" "$new"
[ "$same" = 'nack nack nack nack nack nack nack nack nack nack' ] && [ "$known" = yes ] && [ "$new" = ack ] ||
    { echo 'CHANGED: this is not what was found'; exit 1; }
