"""Streams of server-sent events: what becomes of visits, told to the pages that follow them (ADR 0042)."""
