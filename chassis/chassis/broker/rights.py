"""What each service may do at the broker, from the names that topology.py gives out (ADR 0023), and the limit
that queues of older releases do not say themselves."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from chassis.broker.topology import (
    DELAYS_S,
    NEVER,
    RPC_EXCHANGE,
    UNHEARD,
    delay_exchange,
    event_exchange,
    news_queue,
    parked_queue,
    rpc_queue,
)

# Who declares: `prepare`'s own user. Each service's user has its name, each that only calls has its own.
OWNER = "owner"
# The broker's name, where rights are looked up, for the exchange without a name: replies and parked messages.
DEFAULT_EXCHANGE = "amq.default"
NOTHING, EVERYTHING = "^$", ".*"


def service_rights(service: str) -> dict[str, str]:
    """RabbitMQ's three patterns for a service that answers and announces: it calls, announces its own events,
    puts off and parks what fails, and reads its own queues; it declares nothing.
    """
    write = (RPC_EXCHANGE, event_exchange(service), *map(delay_exchange, DELAYS_S), DEFAULT_EXCHANGE)
    events_heard = rf"{re.escape(service)}\.\w+\.\w+"
    read = (*map(re.escape, (rpc_queue(service), parked_queue(service))), events_heard)
    return {"configure": NOTHING, "write": _any_of(map(re.escape, write)), "read": _any_of(read)}


def caller_rights(caller: str, news_of: Iterable[str]) -> dict[str, str]:
    """For a process that calls, and hears news of some services: answers come on the channel that asked,
    which needs no right; of news it makes, binds and reads its own queue."""
    news = re.escape(news_queue(caller, "")) + r"\w+"
    return {
        "configure": _any_of([news]),
        "write": _any_of([re.escape(RPC_EXCHANGE), news]),
        "read": _any_of([news, *map(re.escape, map(event_exchange, news_of))]),
    }


def kept_policy(virtual_host: str) -> dict[str, Any]:
    """For the queues of `kept_queue_arguments` that were declared before these said a limit."""
    delays = map(re.escape, map(delay_exchange, DELAYS_S))
    return {
        "vhost": virtual_host,
        "name": "kept",
        "pattern": _any_of([UNHEARD, *delays, rf"\w+{re.escape(parked_queue(''))}"]),
        "apply-to": "queues",
        "definition": {"delivery-limit": NEVER},
        "priority": 0,
    }


def definitions(
    virtual_host: str,
    owner_password: str,
    services: Mapping[str, str],
    callers: Mapping[str, str],
    news_of: Iterable[str],
) -> dict[str, Any]:
    """All users, their rights and the policy, as the broker reads them (`load_definitions`); ``callers`` hear
    the news of some services."""
    rights = {
        OWNER: {"configure": EVERYTHING, "write": EVERYTHING, "read": EVERYTHING},
        **{name: service_rights(name) for name in services},
        **{name: caller_rights(name, news_of) for name in callers},
    }
    passwords = {OWNER: owner_password, **services, **callers}
    return {
        "vhosts": [{"name": virtual_host}],
        "users": [{"name": user, "password": password, "tags": ""} for user, password in passwords.items()],
        "permissions": [{"user": user, "vhost": virtual_host, **given} for user, given in rights.items()],
        "policies": [kept_policy(virtual_host)],
    }


def _any_of(patterns: Iterable[str]) -> str:
    return f"^({'|'.join(patterns)})$"
