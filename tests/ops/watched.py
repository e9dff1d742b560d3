"""Every question that the operations view asks: recording rules, alerts, their tests, and the dashboard."""

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from tests.ops.promql import asked_by

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
DASHBOARD = ROOT / "deploy" / "grafana" / "scan.json"


@lru_cache
def rules(name: str = "*") -> list[dict[str, Any]]:
    """Every rule of one file or of all."""
    files = [yaml.safe_load(path.read_text()) for path in sorted(PROMETHEUS.glob(f"rules/{name}.yml"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


def alerts(name: str = "*") -> list[dict[str, Any]]:
    """The rules that ring."""
    return [rule for rule in rules(name) if "alert" in rule]


@lru_cache
def recorded_series() -> dict[str, set[str]]:
    """Recorded name → the labels that its rules give it."""
    found: dict[str, set[str]] = {}
    for rule in rules():
        if "record" in rule:
            labels = asked_by(rule["expr"]).grouped | set(rule.get("labels", {}))
            found.setdefault(rule["record"], set()).update(labels)
    return found


@lru_cache
def rule_tests(name: str = "*") -> list[dict[str, Any]]:
    """Every test that `promtool test rules` runs, of one file or of all."""
    files = [yaml.safe_load(path.read_text()) for path in sorted(PROMETHEUS.glob(f"tests/{name}.yml"))]
    return [test for file in files for test in file["tests"]]


def panels() -> Iterator[tuple[str, str]]:
    """Title and expression of everything that the dashboard shows, with a fixed interval."""
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"].replace("$__rate_interval", "1m")


def questions() -> list[tuple[str, str]]:
    """Where it stands, and the expression or series."""
    found = [(rule.get("alert") or rule["record"], rule["expr"]) for rule in rules()]
    for test in rule_tests():
        found += [(test["name"], series["series"]) for series in test["input_series"]]
        found += [(test["name"], asked["expr"]) for asked in test["promql_expr_test"]]
    return found + [(f"panel {title}", expression) for title, expression in panels()]
