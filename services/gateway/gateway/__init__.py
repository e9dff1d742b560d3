"""The public HTTP API; it owns no data."""
