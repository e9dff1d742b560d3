"""The faults: one table of names and what they do, in two hands that may strike at the same time."""

from collections.abc import Callable
from random import Random

from tests.chaos import (
    strokes_broker,
    strokes_cluster,
    strokes_database,
    strokes_messages,
    strokes_network,
    strokes_processes,
)
from tests.chaos.stage import Scene

# Strikes, ends by itself, and says whom it hit.
Stroke = Callable[[Scene, Random], str]

# What happens to processes, broker and databases: one at a time.
NEAR: dict[str, Stroke] = {
    "kill_identity": strokes_processes.kill("identity"),
    "kill_cards": strokes_processes.kill("cards"),
    "kill_wallet": strokes_processes.kill("wallet"),
    "kill_offers": strokes_processes.kill("offers"),
    "kill_notify": strokes_processes.kill("notify"),
    "kill_gateway": strokes_processes.kill("gateway"),
    "freeze_service": strokes_processes.freeze_service,
    "freeze_listener": strokes_processes.freeze_listener,
    "restart_service": strokes_processes.restart_service,
    "mail_server_away": strokes_processes.mail_server_away,
    "restart_broker": strokes_broker.restart_broker,
    "kill_broker": strokes_broker.kill_broker,
    "close_connections": strokes_broker.close_connections,
    "drop_listeners": strokes_broker.drop_listeners,
    "memory_alarm": strokes_broker.memory_alarm,
    "disk_alarm": strokes_broker.disk_alarm,
    "restart_database": strokes_database.restart_database,
    "kill_database": strokes_database.kill_database,
    "terminate_sessions": strokes_database.terminate_sessions,
    "exhaust_connections": strokes_database.exhaust_connections,
}
# What happens on the way between them: by itself, or together with one of the others.
FAR: dict[str, Stroke] = {
    "slow_links": strokes_network.turn("slow", "200 ms more each way"),
    "stalled_links": strokes_network.turn("stall", "nothing passes, nothing is lost"),
    "half_open_links": strokes_network.turn("half_open", "what is sent is swallowed, without a word"),
    "cut_links": strokes_network.turn("cut", "reset, and refused"),
    "clock_jump": strokes_network.clock_jump,
    "lock_card": strokes_database.lock_card,
    "lock_pot": strokes_database.lock_pot,
    "poison_calls": strokes_messages.poison_calls,
    "poison_events": strokes_messages.poison_events,
    "poison_huge": strokes_messages.poison_huge,
    "redeliver": strokes_messages.redeliver,
}
STROKES: dict[str, Stroke] = {**NEAR, **FAR}
# Where several brokers are one: what happens to that one of them on which most depends.
CLUSTER: dict[str, Stroke] = {
    "kill_leader": strokes_cluster.kill_leader,
    "stop_leader": strokes_cluster.stop_leader,
    "freeze_leader": strokes_cluster.freeze_leader,
    "freeze_leader_long": strokes_cluster.freeze_leader_long,
    "cut_leader_off": strokes_cluster.cut_leader_off,
}
