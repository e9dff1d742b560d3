"""The whole platform on one machine: backing services, service processes, sandbox; for demo and tests."""
