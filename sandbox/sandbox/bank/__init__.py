"""A hosted payment page provider: sessions, the page, signed notifications, refunds."""
