"""All money: payments of cards, pots, and the double-entry ledger."""
