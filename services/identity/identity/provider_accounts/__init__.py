"""A provider's own devices and staff, as its manager sees and keeps them."""
