"""Borders that the import linter cannot say: only a service's `service.py` knows how the service is run."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SERVICES = ROOT / "services"
RUNTIME = {"nameko", "eventlet", "kombu", "amqp"}
RULES = sorted(
    path
    for path in SERVICES.glob("*/*/**/*.py")
    if path.name != "service.py" and "migrations" not in path.parts
)
LINES_MAX = 250
FILES = [
    path
    for folder in ("contracts", "chassis", "services", "devstack", "sandbox", "demo")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if ".venv" not in path.parts
]
# One table each, longer than a file of rules may be; they are read by looking things up.
TABLES = {f"contracts/contracts/{name}.py" for name in ("refusals", "cards", "identity", "offers")}


@pytest.mark.parametrize("path", RULES, ids=lambda path: str(path.relative_to(SERVICES)))
def test_rules_know_neither_the_bus_nor_how_they_are_called(path: Path) -> None:
    imported = set(_imports(path))
    assert not {name for name in imported if name.split(".")[0] in RUNTIME}
    assert not {name for name in imported if name.startswith(("chassis.service", "chassis.dependencies"))}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short_and_says_in_its_first_line_what_it_is(path: Path) -> None:
    text = path.read_text()
    if not text:
        return
    assert ast.get_docstring(ast.parse(text)), "the module has no docstring"
    if str(path.relative_to(ROOT)) not in TABLES:
        assert len(text.splitlines()) <= LINES_MAX


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
