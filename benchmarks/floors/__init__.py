"""What the parts cost by themselves: the database, the broker."""
