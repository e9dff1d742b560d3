"""Pages of whoever has a card: what it is, what it saved, and what to do when something is wrong."""
