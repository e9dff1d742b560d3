"""What every "no" must look like, whoever says it."""

import json
from collections.abc import Mapping
from typing import Any

PROBLEM = "application/problem+json"


def problem_in(status: int, media_type: str, body: bytes) -> dict[str, Any]:
    """The RFC 9457 document of a 4xx answer; raises AssertionError where it is none or lacks a member."""
    assert 400 <= status < 500, f"answered {status}: {body[:500]!r}"
    assert media_type == PROBLEM, f"answered {status} as {media_type!r}: {body[:300]!r}"
    problem: dict[str, Any] = json.loads(body)
    for name in ("type", "title", "code"):
        assert isinstance(problem.get(name), str), f"no {name} in {problem}"
        assert problem[name], f"empty {name} in {problem}"
    assert problem["status"] == status, f"status {problem['status']} in an answer of {status}"
    assert problem["message"].keys() == {"fr", "en"}, f"message {problem['message']}"
    assert all(problem["message"].values()), f"message {problem['message']}"
    return problem


def rules_in(problem: Mapping[str, Any]) -> dict[str, str]:
    """Field → rule of a validation problem; the first one stands in ``field`` too."""
    found = {error["field"]: error["rule"] for error in problem.get("errors", ())}
    assert not found or problem["field"] in found, problem
    assert all(found.values()), problem
    return found
