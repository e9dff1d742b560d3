"""The endpoints of the public API, one file per resource: parse, one or few RPC, answer."""
