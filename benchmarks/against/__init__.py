"""This build against another revision's, side by side in one run."""
