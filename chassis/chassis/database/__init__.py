"""The database: one engine a process, short transactions, tables that every service has, and who may what."""
