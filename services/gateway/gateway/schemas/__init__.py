"""The shapes of every request and answer of the public API, one file per resource."""
