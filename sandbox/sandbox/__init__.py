"""The outside world played locally, over its real protocols: a bank, the CAF/MSA API and a mail server."""
