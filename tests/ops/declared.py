"""Every metric that the code declares, with its labels: read from the source, nothing need be started."""

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Prometheus puts these on every series of a target; a metric of ours must not have a label of that name.
TARGET_LABELS = {"job", "instance", "service"}
# Prometheus' own, and what its client library says of a process.
FOREIGN = {
    "up": set[str](),
    "process_cpu_seconds_total": set[str](),
    "ALERTS": {"alertname", "alertstate", "severity"},
}
_SUFFIXES = {
    "counter": {"": set[str]()},
    "gauge": {"": set[str]()},
    "histogram": {"_bucket": {"le"}, "_sum": set[str](), "_count": set[str]()},
}


@lru_cache
def declared_metrics() -> dict[str, tuple[str, set[str]]]:
    """Name → kind (counter, gauge, histogram) and labels, as `chassis.metrics` is called."""
    found = {}
    for folder in ("chassis", "services"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for name, kind, labels in _calls(ast.parse(path.read_text())):
                assert name not in found, f"{name} is declared twice, the second time in {path}"
                found[name] = (kind, labels)
    return found


@lru_cache
def exposed_series() -> dict[str, set[str]]:
    """Series name → labels, as /metrics shows the declared metrics: a histogram is three."""
    return {
        name + suffix: labels | more
        for name, (kind, labels) in declared_metrics().items()
        for suffix, more in _SUFFIXES[kind].items()
    }


def _calls(tree: ast.AST) -> Iterator[tuple[str, str, set[str]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _SUFFIXES:
            name, _text, *labels = (ast.literal_eval(argument) for argument in node.args)
            labels += [ast.literal_eval(keyword.value) for keyword in node.keywords]
            yield name, node.func.id, set(labels[0] if labels else ())
