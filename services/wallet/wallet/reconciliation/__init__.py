"""The nightly reconciliation: services check their own rows, and here their books are laid side by side."""
