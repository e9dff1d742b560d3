"""The broker's users in deploy/: with variables for passwords, which deploy/rabbitmq/start.sh fills in."""

import json

from chassis.broker.rights import definitions
from devstack.secrets import DATABASE_SERVICES, GATEWAY, GATEWAY_HEARS

VIRTUAL_HOST = "occygene"


def broker_users() -> str:
    """The text of deploy/rabbitmq/definitions.json (`make docs` writes it)."""
    passwords = {user: f"${{{user.upper()}_AMQP_PASSWORD}}" for user in (*DATABASE_SERVICES, GATEWAY)}
    callers = {GATEWAY: passwords.pop(GATEWAY)}
    return (
        json.dumps(definitions(VIRTUAL_HOST, "${AMQP_PASSWORD}", passwords, callers, GATEWAY_HEARS), indent=1)
        + "\n"
    )


if __name__ == "__main__":
    print(broker_users(), end="")
