"""Room on the disk: a broker that finds too little takes no messages, and does not say so to who waits."""

import shutil
from pathlib import Path

from devstack.errors import DevstackError

# Below this much, the broker stops its publishers (disk_free_limit in rabbitmq.conf).
BROKER_STOPS_BELOW_BYTES = 200_000_000
# The environment, the platform's data and a run of the tests, with what the broker keeps free.
DISK_NEEDED_BYTES = 1 << 30
# What one platform must find at its start: databases of some 60 MB and their log, above the broker's limit.
START_NEEDS_BYTES = BROKER_STOPS_BELOW_BYTES + 200_000_000


def free_bytes(folder: Path) -> int:
    """What we may still write where the folder is, or would be."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def ensure_room(folder: Path) -> None:
    """Refuse to start what would stop without a word. Raises DevstackError."""
    free = free_bytes(folder)
    if free < START_NEEDS_BYTES:
        raise DevstackError(
            f"No room: {free // 1_000_000} MB are free in {folder}, {START_NEEDS_BYTES // 1_000_000} MB "
            f"must be (below {BROKER_STOPS_BELOW_BYTES // 1_000_000} MB the broker takes no messages)."
        )
