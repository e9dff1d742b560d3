"""The documents keep up with the code: links, make targets, decisions, metrics, limits and names."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FOLDERS = ("docs", "chassis", "contracts", "services", "devstack", "sandbox", "demo", "deploy", "programmes")
PAGES = sorted([*ROOT.glob("*.md"), *(page for name in FOLDERS for page in (ROOT / name).rglob("*.md"))])
CODE = sorted(path for name in ("chassis", "services", "contracts") for path in (ROOT / name).rglob("*.py"))
SERVED = [path for path in CODE if "migrations" not in path.parts]
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
METRIC = re.compile(r"\b(?:counter|gauge|histogram)\(\s*\"([a-z_]+)\"")
# Buckets are no limit.
NO_LIMITS = {"LATENCY_BUCKETS_S"}


def named(path: Path) -> str:
    """A page or file by its place in the project."""
    return str(path.relative_to(ROOT))


def links(page: Path) -> Iterator[tuple[str, Path, str]]:
    """Text, target and anchor of every link of the page that stays in the project."""
    for text, address in LINK.findall(FENCED.sub("", page.read_text())):
        if "://" not in address and not address.startswith("mailto:"):
            path, _, anchor = address.partition("#")
            yield text, (page.parent / path).resolve() if path else page, anchor


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_link_leads_somewhere(page: Path) -> None:
    assert [named(target) for _, target, _ in links(page) if not target.exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_code_name_that_is_linked_to_a_file_is_defined_there(page: Path) -> None:
    missing = [
        f"{name} in {named(target)}"
        for text, target, _ in links(page)
        if target.suffix == ".py"
        for name in re.findall(r"`(\w+)`", text)
        if name not in defined_in(target)
    ]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_an_anchor_is_a_heading_of_its_page(page: Path) -> None:
    wrong = [anchor for _, target, anchor in links(page) if anchor and anchor not in anchors(target)]
    assert wrong == []


def test_every_alert_leads_to_a_section_that_says_what_to_do() -> None:
    rules = "".join(path.read_text() for path in (ROOT / "deploy" / "prometheus").rglob("*.yml"))
    runbooks = set(re.findall(r"docs/operations\.md#([a-z-]+)", rules))
    assert runbooks
    assert runbooks <= anchors(ROOT / "docs" / "operations.md")


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    pages = [
        ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/operations.md")
    ]
    said = {
        name for page in pages for name in re.findall(r"(?:`|^    )make ([a-z-]+)", page.read_text(), re.M)
    }
    assert {"demo", "test", "up", "down"} <= said
    assert said <= targets


def test_every_decision_that_is_referred_to_exists_and_is_listed() -> None:
    decisions = {path.name[:4]: path for path in (ROOT / "docs" / "adr").glob("[0-9]*.md")}
    files = [*CODE, *PAGES, *ROOT.glob("*.toml"), *ROOT.glob("*/*.toml"), *ROOT.glob("services/*/*.toml")]
    for path in files:
        assert set(re.findall(r"ADRs? ([0-9]{4})", path.read_text())) <= decisions.keys(), named(path)
    listed = {target for _, target, _ in links(ROOT / "docs" / "adr" / "README.md")}
    assert listed == set(decisions.values())


def test_every_metric_has_its_row_and_every_row_its_metric() -> None:
    in_code = {name for path in SERVED for name in METRIC.findall(path.read_text())}
    section = (ROOT / "docs" / "operations.md").read_text().split("## Metrics")[1].split("\n## ")[0]
    first_cells = re.findall(r"^\| (`[^|]+`) \|", section, re.MULTILINE)
    assert {name for cell in first_cells for name in re.findall(r"`([a-z_]+)`", cell)} == in_code


def test_every_limit_in_the_table_is_the_codes_own() -> None:
    wrong = [f"{code} in {named(path)}" for code, path in limits_told() if code not in lines_of(path)]
    assert wrong == []


def test_every_duration_in_the_code_is_in_the_table() -> None:
    told = {(code.split(" ")[0].rstrip(":"), path) for code, path in limits_told()}
    durations = {(name, path) for path in SERVED for name in durations_in(path)}
    assert {f"{name} in {named(path)}" for name, path in durations - told} == set()


def anchors(page: Path) -> set[str]:
    """The anchors of the page's headings, as they are made from their words."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def limits_told() -> list[tuple[str, Path]]:
    """The rows of ARCHITECTURE.md's table of limits: the code and the file that it stands in."""
    section = (ROOT / "ARCHITECTURE.md").read_text().split("## 7. ")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| \[[^\]]+\]\(([^)]+)\) \|", section, re.MULTILINE)
    return [(code, ROOT / path) for code, path in rows]


def lines_of(path: Path) -> set[str]:
    """The file's lines without their comments."""
    return {line.partition("  #")[0].rstrip() for line in path.read_text().splitlines()}


def durations_in(path: Path) -> Iterator[str]:
    """Public constants of a module that are a time: by their unit, or because they are a timedelta."""
    for name, value in constants_of(path):
        is_time = name.endswith(("_S", "_MS")) or "timedelta(" in ast.unparse(value)
        if name.isupper() and not name.startswith("_") and is_time and name not in NO_LIMITS:
            yield name


def constants_of(path: Path) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.parse(path.read_text()).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and isinstance(value, ast.expr):
            yield target.id, value


def defined_in(path: Path) -> set[str]:
    """Every function, method, class and module constant of a file."""
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    tree = ast.parse(path.read_text())
    named_things = {node.name for node in ast.walk(tree) if isinstance(node, definitions)}
    return named_things | {name for name, _ in constants_of(path)}
