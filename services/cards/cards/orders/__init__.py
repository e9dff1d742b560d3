"""Orders: who may order, placing one, what is heard of it until it makes a card."""
