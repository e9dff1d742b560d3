"""Disputes: a holder says that a visit was not theirs, the pots wait, and an officer decides."""
