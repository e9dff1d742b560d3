"""Prepared statements: parsed and planned once a connection, for what is asked hundreds of times a second."""

import re
from dataclasses import dataclass, field

# ``:name``, but not the second colon of a ``::cast``.
_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")


@dataclass(frozen=True)
class Prepared:
    """A statement with ``:name`` parameters under a name of its own (ADR 0020).

    The server infers each parameter's type from where it stands; a CAST says it where nothing else does.
    """

    name: str
    sql: str = field(repr=False)
    preparation: str = field(init=False, repr=False)
    execution: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        names = list(dict.fromkeys(_PARAMETER.findall(self.sql)))
        numbered = _PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", self.sql)
        given = ", ".join(f"%({name})s" for name in names)
        object.__setattr__(self, "preparation", f"PREPARE {self.name} AS {numbered}")
        object.__setattr__(self, "execution", f"EXECUTE {self.name} ({given})")
