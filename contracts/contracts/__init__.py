"""Everything that crosses a service boundary: RPC, events, refusals, programmes. No I/O."""
