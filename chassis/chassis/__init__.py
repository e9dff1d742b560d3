"""How a service runs: settings, database, messages, entrypoints, logs, metrics. Knows no domain word."""
