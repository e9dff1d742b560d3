"""The catalogue of faults keeps up with the tests: every case has an invariant and a proof that exists."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.contracts.test_docs import LINK, ROOT, constants_of, defined_in, named

PAGE = ROOT / "docs" / "faults.md"
TESTS = ROOT / "tests"
STROKES = TESTS / "chaos" / "strokes.py"
PLANTED = tuple(TESTS / "simulation" / name for name in ("planted.py", "planted_visits.py"))
CASES_MIN = 70
# What stands in the files of planted bugs besides them.
NO_BUGS = {"planted"}


@dataclass(frozen=True)
class Case:
    """A row of the catalogue."""

    number: int
    happens: str
    holds: str
    shown_by: str

    def references(self) -> Iterator[tuple[str, Path]]:
        """The name and the file of each link."""
        for text, address in LINK.findall(self.shown_by):
            yield text.strip("`"), (PAGE.parent / address).resolve()


def cases() -> list[Case]:
    """All rows; raises ValueError where one has not four cells, or no number."""
    rows = re.findall(r"^\|(?! # |---)(.*)\|$", PAGE.read_text(), re.MULTILINE)
    cells = [[cell.strip() for cell in row.split("|")] for row in rows]
    return [Case(int(number), happens, holds, shown_by) for number, happens, holds, shown_by in cells]


def is_proof(name: str, path: Path) -> bool:
    """A test or a stroke; a planted bug only shows that a test can fail."""
    is_test = path.is_relative_to(TESTS) and path.name.startswith("test_") and name.startswith("test_")
    return is_test or (path.parent == STROKES.parent and path.name.startswith("strokes_"))


def test_there_are_enough_cases_and_their_numbers_have_no_gap() -> None:
    numbers = [case.number for case in cases()]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    assert len(numbers) >= CASES_MIN


@pytest.mark.parametrize("case", cases(), ids=lambda case: str(case.number))
def test_a_case_says_what_must_hold_and_its_proofs_exist(case: Case) -> None:
    assert case.happens
    assert case.holds
    references = list(case.references())
    assert any(is_proof(name, path) for name, path in references), "nothing shows it"
    missing = [
        f"{name} in {named(path)}"
        for name, path in references
        if not (is_proof(name, path) or path in PLANTED) or name not in defined_in(path)
    ]
    assert missing == []


def test_every_stroke_and_every_planted_bug_has_its_case() -> None:
    named_here = {name for case in cases() for name in re.findall(r"`(\w+)`", case.shown_by)}
    assert strokes() - named_here == set()
    assert planted_bugs() - named_here == set()


def strokes() -> set[str]:
    """The names of all faults of `make chaos`: the keys of its tables."""
    tables = [value for _, value in constants_of(STROKES) if isinstance(value, ast.Dict)]
    found = {ast.literal_eval(key) for table in tables for key in table.keys if key is not None}
    assert found
    return found


def planted_bugs() -> set[str]:
    """The simulation's planted bugs: the public functions of their files."""
    nodes = [node for path in PLANTED for node in ast.parse(path.read_text()).body]
    functions = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    return {name for name in functions if not name.startswith("_")} - NO_BUGS
