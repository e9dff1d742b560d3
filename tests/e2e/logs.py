"""What the platform's logs say of one call."""

import json
from collections import Counter

from devstack.stack import Stack


def lines_about(platform: Stack, call_id: str) -> Counter[str]:
    """How many lines of each service and event name speak of the call; a line of a batch may name many."""
    found: Counter[str] = Counter()
    for log in (platform.folder / "logs").glob("*.log"):
        for line in log.read_text().splitlines():
            if call_id in line:
                said = json.loads(line)
                found[f"{said['service']} {said['event']}"] += 1
    return found
