"""A service without a domain, to see what the chassis does on a real broker and database."""
