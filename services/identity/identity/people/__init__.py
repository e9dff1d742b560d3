"""People and households: kept, recognised across orders, told to whoever writes to them."""
