"""On an event loop: calls to services and news from them, over one connection to the broker."""
