"""Who may do what: the scopes that each kind of caller's token carries, as data."""

OFFICER = frozenset(
    {
        "cards:lookup",
        "cards:read",
        "cards:write",
        "checks:decide",
        "devices:write",
        "offers:publish",
        "offers:write",
        "orders:read",
        "orders:write",
        "partners:write",
        "providers:decide",
        "providers:read",
        "redemptions:cancel",
        "redemptions:read",
        "staff:write",
        "statistics:read",
    }
)
"""All but `redemptions:write`: an officer at a desk never stands in for a provider's scan."""

SCOPES_BY_ROLE: dict[str, frozenset[str]] = {
    "officer": OFFICER,
    "office_officer": frozenset({"checks:decide", "orders:read", "cards:read"}),
    "provider_manager": frozenset({"offers:write", "devices:write", "statistics:read", "providers:read"}),
}

SCOPES_BY_KIND: dict[str, frozenset[str]] = {
    "partner": frozenset({"orders:write", "orders:read"}),
    "device": frozenset({"redemptions:write", "redemptions:read", "redemptions:cancel"}),
    "holder": frozenset({"orders:read", "cards:read", "cards:write"}),
}

# An officer who takes an order does so at the phone desk.
CHANNEL_BY_ROLE = {"officer": "phone_desk"}


def scopes_of(kind: str, role: str | None) -> frozenset[str]:
    """Return the scopes of a caller; staff by role, everybody else by kind. KeyError for an unknown one."""
    return SCOPES_BY_ROLE[role or ""] if kind == "staff" else SCOPES_BY_KIND[kind]
