"""Why a check was refused or handed to an officer: the only words that may stand there."""

from typing import Final

REFUSAL_REASONS = (
    "document_missing",
    "not_resident",
    "identity_mismatch",
    "not_member",
    "photo_missing",
    "quotient_too_high",
    "duplicate_application",
    "other",
)
"""What an officer may give as the reason of a refusal."""

# Why a second pot waits for an officer: shown on the pending check.
HOUSEHOLD_HAS_POT: Final = "household_has_pot"

# Why the family quotient could not be decided by the API: shown on the pending check.
IDENTITY_INCOMPLETE: Final = "identity_incomplete"
IDENTITY_NOT_MATCHED: Final = "identity_not_matched"
QUOTIENT_NOT_FOUND: Final = "quotient_not_found"
QUOTIENT_OTHER_MONTH: Final = "quotient_other_month"
QUOTIENT_REQUEST_REFUSED: Final = "quotient_request_refused"
QUOTIENT_UNAVAILABLE: Final = "quotient_unavailable"
QUOTIENT_TOO_HIGH: Final = "quotient_too_high"
