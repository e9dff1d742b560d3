"""Fields of query strings, where numbers arrive as text: only their plain ASCII forms are taken."""

import re
from typing import Any

from marshmallow import fields

from gateway import rules
from gateway.schemas.fields import Number, Said, Whole, YesNo, said

NEAR = "^-?[0-9]{1,2}([.][0-9]{1,15})?,-?[0-9]{1,3}([.][0-9]{1,15})?$"
AGES_MAX = 20
_AGE = "([0-9]|1[0-7])"
AGES = f"^{_AGE}(,{_AGE}){{0,{AGES_MAX - 1}}}$"
_NUMBER = re.compile(r"-?[0-9]{1,15}([.][0-9]{1,17})?([eE][+-]?[0-9]{1,2})?")


class QueryWhole(Whole):
    """An integer in a query string: ASCII digits only."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not re.fullmatch("[0-9]{1,9}", value):
            raise self.make_error("invalid")
        return super()._deserialize(int(value), attr, data, **kwargs)


class QueryNumber(Number):
    """A number in a query string."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not _NUMBER.fullmatch(value):
            raise self.make_error("invalid")
        return super()._deserialize(float(value), attr, data, **kwargs)


class QueryYesNo(YesNo):
    """``true`` or ``false`` in a query string."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if value not in ("true", "false"):
            raise self.make_error("invalid")
        return value == "true"


class Ages(Said, fields.String):
    """``4,9``: ages in full years, 0 to 17, at most `AGES_MAX` of them, loaded as a list of integers."""

    default_error_messages = said(invalid=rules.AGES)

    def __init__(self, **kwargs: Any) -> None:
        kwargs["metadata"] = {"pattern": AGES, "example": "4,9", **kwargs.get("metadata", {})}
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not re.fullmatch(AGES, value):
            raise self.make_error("invalid")
        return [int(age) for age in value.split(",")]


class Near(Said, fields.String):
    """``latitude,longitude`` in WGS 84 degrees, loaded as a pair of floats."""

    default_error_messages = said(invalid=rules.COORDINATES)

    def __init__(self, **kwargs: Any) -> None:
        kwargs["metadata"] = {"pattern": NEAR, "example": "43.6045,1.4442", **kwargs.get("metadata", {})}
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not re.fullmatch(NEAR, value):
            raise self.make_error("invalid")
        latitude, longitude = (float(part) for part in value.split(","))
        if abs(latitude) > 90 or abs(longitude) > 180:
            raise self.make_error("invalid")
        return latitude, longitude
