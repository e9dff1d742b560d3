"""The CAF/MSA family quotient API (API Particulier v3, civil-identity call), over made-up families."""
