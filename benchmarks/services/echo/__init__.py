"""A service without domain and database: what a call through the gateway costs before any work is done."""
