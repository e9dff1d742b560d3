"""A mail server that keeps what it gets, one file a message."""
