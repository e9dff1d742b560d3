"""What is fixed about an endpoint: enforced by `endpoint`, documented by `documenting`."""

from dataclasses import dataclass
from typing import Literal

from marshmallow import Schema

from contracts.access import Access

KeyUse = Literal["none", "optional", "required"]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Everything that is fixed about an endpoint."""

    method: str
    access: Access
    status: int
    answer: type[Schema] | None
    body: type[Schema] | None
    query: type[Schema]
    key: KeyUse
    secret: bool
    reads_itself: bool
