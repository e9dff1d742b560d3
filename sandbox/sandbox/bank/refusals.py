"""The bank's "no", as the merchant gets it."""


class BankRefusal(Exception):
    """An expected no: an HTTP status, a stable code and one sentence for the merchant's developer."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def invalid(field: str, rule: str) -> BankRefusal:
    """The refusal of a field that breaks a rule."""
    return BankRefusal(422, "invalid_field", f"{field}: {rule}")
