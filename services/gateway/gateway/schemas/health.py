"""Liveness and readiness."""

from marshmallow import fields

from gateway.schemas.base import Answer, text


class HealthAnswer(Answer):
    """The process is alive."""

    status = text(metadata={"enum": ["ok"]})


class ReadinessAnswer(Answer):
    """Which services answered in time."""

    status = text(metadata={"enum": ["ready", "not_ready"]})
    services = fields.Dict(keys=fields.String(), values=fields.Boolean(), required=True)
