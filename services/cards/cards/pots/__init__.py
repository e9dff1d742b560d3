"""Pots as the scan spends them: allowances raised, released and closed."""
