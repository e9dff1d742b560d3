"""The map of the places that accept the card: drawn by us, moved by plain links."""
