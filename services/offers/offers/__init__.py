"""Providers, sites, offers, their selection, and statistics."""
