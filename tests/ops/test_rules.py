"""The alerts: each fires when it must, keeps quiet when it must, and says what to do."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from devstack.host.packages import MONITORING, ensure_packages
from tests.ops.watched import DASHBOARD, PROMETHEUS, ROOT, alerts, panels, rule_tests

FILES = sorted(path.stem for path in PROMETHEUS.glob("rules/*.yml"))
RUNBOOK = re.compile(r"(docs/[a-z]+\.md)#([a-z-]+)")


@pytest.fixture(scope="module", autouse=True)
def _promtool() -> None:
    """Installed where it may be; otherwise the tests fail with what to do."""
    ensure_packages(MONITORING)


def promtool(*arguments: object) -> None:
    """Run promtool; what it prints is the failure's message."""
    done = subprocess.run(
        ["promtool", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_scrape_configuration_and_all_rules_can_be_read() -> None:
    promtool("check", "config", PROMETHEUS / "prometheus.yml")


@pytest.mark.parametrize("file", FILES)
def test_the_rules_do_what_their_tests_say(file: str) -> None:
    promtool("test", "rules", PROMETHEUS / "tests" / f"{file}.yml")


def test_every_panel_of_the_dashboard_asks_in_valid_promql(tmp_path: Path) -> None:
    asked = [
        {"record": f"panel:{number}", "expr": expression} for number, (_, expression) in enumerate(panels())
    ]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": asked}]}))
    promtool("check", "rules", file)


@pytest.mark.parametrize("file", FILES)
def test_every_alert_is_seen_to_fire_and_seen_to_keep_quiet(file: str) -> None:
    fired, quiet = "", []
    for asked in (asked for test in rule_tests(file) for asked in test["promql_expr_test"]):
        if "ALERTS" in asked["expr"] and asked["exp_samples"]:
            fired += asked["expr"] + "".join(sample["labels"] for sample in asked["exp_samples"])
        elif "ALERTS" in asked["expr"]:
            quiet.append(asked["expr"])
    for name in (alert["alert"] for alert in alerts(file)):
        assert f'alertname="{name}"' in fired, f"no test has {name} fire"
        assert any(_covers(expression, name) for expression in quiet), f"no test has {name} keep quiet"


def test_every_alert_says_how_urgent_it_is_and_what_to_do() -> None:
    for alert in alerts():
        assert alert["labels"]["severity"] in ("page", "ticket"), alert["alert"]
        assert {"summary", "action", "runbook"} == alert["annotations"].keys(), alert["alert"]


def test_every_runbook_is_a_section_of_the_documentation() -> None:
    for alert in alerts():
        link = RUNBOOK.fullmatch(alert["annotations"]["runbook"])
        assert link, alert["alert"]
        assert link[2] in _anchors(ROOT / link[1]), f"{alert['alert']}: {link[0]}"


def test_every_runbook_says_what_to_type() -> None:
    for alert in alerts():
        page, anchor = alert["annotations"]["runbook"].split("#")
        section = _section(ROOT / page, anchor)
        assert re.search(r"^ {4}\S", section, re.MULTILINE), f"{anchor}: no command"


def test_the_dashboard_can_be_imported_anywhere() -> None:
    dashboard = json.loads(DASHBOARD.read_text())
    assert dashboard["id"] is None, "an id belongs to one Grafana"
    variables = {variable["name"]: variable["type"] for variable in dashboard["templating"]["list"]}
    assert variables == {"datasource": "datasource"}
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    for panel in dashboard["panels"]:
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "${datasource}", panel["title"]
            assert panel["description"], panel["title"]
            assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24, panel["title"]


def _covers(expression: str, name: str) -> bool:
    matched = re.search(r'alertname(=~?)"([^"]*)"', expression)
    if matched is None:
        # Nothing at all of the file rings.
        return "alertname" not in expression
    return re.fullmatch(matched[2], name) is not None


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {_anchor(heading) for heading in headings}


def _anchor(heading: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


def _section(path: Path, anchor: str) -> str:
    """From a heading to the next one."""
    parts = re.split(r"^#+ (.+)$", path.read_text(), flags=re.MULTILINE)[1:]
    return dict(zip(map(_anchor, parts[::2]), parts[1::2], strict=True))[anchor]
