"""The story of one edition, played on the real platform through its public API only."""
