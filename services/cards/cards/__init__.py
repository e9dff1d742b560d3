"""Programmes, orders, cards, allowances and redemptions: the scan."""
