"""How calls, events and the clock reach a service's methods."""
