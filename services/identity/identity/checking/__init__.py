"""Applications and their checks: opened, queued, decided by officers or the family quotient, approved."""
