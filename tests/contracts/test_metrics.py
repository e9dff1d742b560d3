"""Dashboard, rules and their tests ask only for metrics and labels that the code declares."""

from tests.ops.declared import FOREIGN, TARGET_LABELS, declared_metrics, exposed_series
from tests.ops.promql import Asked, asked_by
from tests.ops.watched import panels, questions, recorded_series


def test_every_metric_that_is_asked_for_is_declared_or_recorded() -> None:
    known = exposed_series().keys() | recorded_series().keys() | FOREIGN.keys()
    unknown = {
        (where, metric)
        for where, expression in questions()
        for metric, _ in asked_by(expression).selectors
        if metric not in known
    }
    assert not unknown


def test_every_label_that_is_asked_for_is_one_of_its_metric() -> None:
    wrong = {(where, label) for where, expression in questions() for label in _wrong(asked_by(expression))}
    assert not wrong


def test_no_metric_has_a_label_that_prometheus_gives_to_its_target() -> None:
    """It would be renamed to exported_…, and every query of it would find nothing."""
    taken = {name: labels & TARGET_LABELS for name, (_, labels) in declared_metrics().items()}
    assert not {name: labels for name, labels in taken.items() if labels}


def test_a_metric_is_named_after_its_kind_and_unit() -> None:
    for name, (kind, _) in declared_metrics().items():
        assert name.endswith("_total") == (kind == "counter"), name
        assert kind != "histogram" or name.endswith("_seconds"), name


def test_what_the_operations_team_was_promised_stands_on_the_dashboard() -> None:
    shown = {metric for _, expression in panels() for metric, _ in asked_by(expression).selectors}
    assert shown >= {
        *("redemption_duration_seconds_count", "redemption_duration_seconds_bucket"),
        *("redemption_refusals_total", "rpc_client_seconds_bucket", "rpc_server_seconds_bucket"),
        *("database_transaction_seconds_bucket", "scan:hop_seconds:avg5m"),
        *("outbox_oldest_seconds", "event_queue_messages", "parked_messages"),
        *("money:drift_cents", "money:on_the_way_cents", "messages_total"),
    }


def _wrong(asked: Asked) -> set[str]:
    """Labels that no metric of the expression has; a recorded metric also has those of its target."""
    known = {**exposed_series(), **recorded_series(), **FOREIGN}
    named = {
        f"{metric}{{{label}}}"
        for metric, matchers in asked.selectors
        for label in matchers
        if label not in known.get(metric, set()) | TARGET_LABELS | _alert_labels(metric)
    }
    of_all = TARGET_LABELS.union(
        *(known.get(metric, set()) | _alert_labels(metric) for metric, _ in asked.selectors)
    )
    return named | (asked.grouped - of_all)


def _alert_labels(metric: str) -> set[str]:
    """An alert has the labels that its expression left over."""
    labels = {"term", "fault", "reason", "call", "queue", "loop", "way", "class", "kind"}
    return labels if metric == "ALERTS" else set()
