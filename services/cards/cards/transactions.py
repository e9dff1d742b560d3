"""The service's units of work, as the rules take them."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy.orm import Session

from chassis.database.sends import Sends

# Committed at the end of the block, or not at all (`chassis.database.engine.Database.transaction`).
Transaction = Callable[[], AbstractContextManager[Session]]
# The same of prepared statements, in few round trips (`chassis.database.engine.Database.sends`).
Sending = Callable[[], AbstractContextManager[Sends]]
