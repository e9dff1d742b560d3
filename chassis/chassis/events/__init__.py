"""Events: out of a transaction, over the bus, into another; and what becomes of one that fails."""
