"""Applications and their checks, people and households, credentials and tokens."""
