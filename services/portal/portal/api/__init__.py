"""What the portal asks of the public API: one module for each resource."""
