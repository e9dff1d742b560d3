"""Reading one TOML table key by key, collecting every mistake instead of stopping at the first.

A reader that meets a mistake notes it and returns a stand-in of the right type, so that reading goes on;
whoever started the reading must throw the result away when any problem was noted.
"""

import re
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, TypeVar

from contracts.base import Text
from contracts.programmes.errors import Problem

T = TypeVar("T")
D = TypeVar("D")

MAX_TEXT_CHARS = 500
CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TYPE_NAMES = {
    str: "text",
    int: "a whole number",
    bool: "true or false",
    date: "a day",
    dict: "a table",
    list: "a list",
}


class Problems:
    """The mistakes of one file, and the tables opened in it (to find keys that nobody read)."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Problem] = []
        self.tables: list[Table] = []

    def add(self, key: str, reason: str) -> None:
        """Note one mistake."""
        self.found.append(Problem(self.file, key, reason))

    def finish(self) -> list[Problem]:
        """Note the keys nobody read, and return all mistakes by key."""
        for table in self.tables:
            table.note_unknown_keys()
        # A key that two readers asked for (the programme's own days) is noted once.
        return sorted(dict.fromkeys(self.found), key=lambda problem: problem.key)


class Table:
    """One table; `path` is its dotted key, empty at the file's top."""

    def __init__(self, values: Mapping[str, Any], path: str, problems: Problems) -> None:
        self.values = values
        self.path = path
        self.problems = problems
        self._read: set[str] = set()
        problems.tables.append(self)

    def key(self, name: str) -> str:
        """Return the dotted key of one of this table's keys."""
        return f"{self.path}.{name}" if self.path else name

    def note(self, name: str, reason: str) -> None:
        """Note a mistake at one of this table's keys."""
        self.problems.add(self.key(name), reason)

    def note_unknown_keys(self) -> None:
        """Note each key that no reader asked for."""
        for name in self.values.keys() - self._read:
            self.note(name, f"is not known here; known are {', '.join(sorted(self._read)) or 'none'}")

    def typed(self, name: str, kind: type[T]) -> T | None:
        """Return the value if it is there and exactly of this type (true is no number, a time no day)."""
        self._read.add(name)
        value = self.values.get(name)
        if value is None or type(value) is kind:
            return value
        self.note(
            name, f"must be {_TYPE_NAMES[kind]}, not {_TYPE_NAMES.get(type(value), type(value).__name__)}"
        )
        return None

    def require(self, name: str) -> None:
        """Note when the key is missing."""
        self._read.add(name)
        if name not in self.values:
            self.note(name, "is missing")

    def text_or(self, name: str, default: D, pattern: str = r"(?s).*\S.*") -> str | D:
        """Read text of 1 to `MAX_TEXT_CHARS` characters that fits the pattern."""
        value = self.typed(name, str)
        if value is None:
            return default
        if len(value) > MAX_TEXT_CHARS:
            self.note(name, f"must have at most {MAX_TEXT_CHARS} characters, not {len(value)}")
        elif not re.fullmatch(pattern, value):
            self.note(name, f"must look like {pattern}" if value.strip() else "must not be empty")
        return value

    def text(self, name: str, pattern: str = r"(?s).*\S.*") -> str:
        """Read text that must be there."""
        self.require(name)
        return self.text_or(name, "", pattern)

    def integer_or(self, name: str, default: D, low: int, high: int) -> int | D:
        """Read a whole number from `low` to `high`."""
        value = self.typed(name, int)
        if value is None:
            return default
        if not low <= value <= high:
            self.note(name, f"must be from {low} to {high}, not {value}")
        return value

    def integer(self, name: str, low: int, high: int) -> int:
        """Read a whole number that must be there."""
        self.require(name)
        return self.integer_or(name, low, low, high)

    def flag(self, name: str, default: bool) -> bool:
        """Read true or false."""
        value = self.typed(name, bool)
        return default if value is None else value

    def day(self, name: str) -> date:
        """Read a day that must be there."""
        self.require(name)
        return self.typed(name, date) or date.min

    def choice_or(self, name: str, default: D, allowed: Collection[Any]) -> Any | D:
        """Read one of the allowed words."""
        value = self.typed(name, str)
        if value is None:
            return default
        if value not in allowed:
            self.note(name, f"must be {_one_of(allowed)}, not {value!r}")
        return value

    def choice(self, name: str, allowed: Collection[Any]) -> Any:
        """Read one of the allowed words, which must be there."""
        self.require(name)
        return self.choice_or(name, "", allowed)

    def choices(self, name: str, allowed: Collection[Any]) -> tuple[Any, ...]:
        """Read a list of allowed values, none twice; empty when the key is absent."""
        values = self.typed(name, list)
        for index, value in enumerate(values or ()):
            # `True in {1}` holds in Python, so the type is asked as well.
            if type(value) not in (str, int) or value not in allowed:
                self.note(f"{name}[{index}]", f"must be {_one_of(allowed)}, not {value!r}")
            elif value in (values or ())[:index]:
                self.note(f"{name}[{index}]", f"stands twice: {value!r}")
        return tuple(values or ())

    def codes(self, name: str) -> tuple[str, ...]:
        """Read a list of one or more codes, none twice."""
        self.require(name)
        values = self.typed(name, list)
        if values is not None and not values:
            self.note(name, "must have at least one entry")
        return self.choices(name, [v for v in values or () if type(v) is str and CODE.fullmatch(v)])

    def table_or_none(self, name: str) -> "Table | None":
        """Open a table below this one, None when it is absent."""
        values = self.typed(name, dict)
        return None if values is None else Table(values, self.key(name), self.problems)

    def table(self, name: str) -> "Table":
        """Open a table that must be there; a missing one is noted once, not once for each of its keys."""
        self.require(name)
        return self.table_or_none(name) or Table({}, self.key(name), Problems(self.problems.file))

    def tables(self, name: str) -> dict[str, "Table"]:
        """Open the tables keyed by code below a key, in the file's order; none when the key is absent."""
        parent = self.table_or_none(name)
        if parent is None:
            return {}
        for code in parent.values:
            if not CODE.fullmatch(code):
                parent.note(code, "is no code: small letters, figures and _ only, a letter first, at most 40")
        return {code: parent.table(code) for code in parent.values}

    def rows(self, name: str) -> "list[Table]":
        """Open the tables of a list; none when the key is absent."""
        rows = []
        for index, value in enumerate(self.typed(name, list) or ()):
            if type(value) is dict:
                rows.append(Table(value, f"{self.key(name)}[{index}]", self.problems))
            else:
                self.note(f"{name}[{index}]", "must be a table")
        return rows

    def label(self, name: str = "label") -> Text:
        """Read words in both languages."""
        return self.table(name).words()

    def words(self) -> Text:
        """Read this table itself as words in both languages."""
        return Text(fr=self.text("fr"), en=self.text("en"))

    def in_order(self, first: str, second: str) -> None:
        """Note when both keys are there, of one type, and the first is after (or more than) the second."""
        low, high = self.values.get(first), self.values.get(second)
        if type(low) is type(high) and type(low) in (int, date) and low > high:  # type: ignore[operator]
            self.note(second, f"must not be before or below {first}: {high} < {low}")


def _one_of(allowed: Collection[Any]) -> str:
    words = ", ".join(str(value) for value in allowed)
    return f"one of {words}" if words else "left out: there is nothing to choose from"
