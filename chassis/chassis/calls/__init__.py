"""Calls from process to process: who calls, what the caller may, and how the answer comes back."""
