"""Pages to order a card: choose, fill in step by step, send, pay, follow."""
