"""The service's unit of work, as the rules take it."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy.orm import Session

# Committed at the end of the block, or not at all (`chassis.database.Database.transaction`).
Transaction = Callable[[], AbstractContextManager[Session]]
