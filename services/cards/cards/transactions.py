"""The service's units of work, as the rules take them."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy.orm import Session

from chassis.sends import Sends

# Committed at the end of the block, or not at all (`chassis.database.Database.transaction`).
Transaction = Callable[[], AbstractContextManager[Session]]
# The same of prepared statements, in few round trips (`chassis.database.Database.sends`).
Sending = Callable[[], AbstractContextManager[Sends]]
