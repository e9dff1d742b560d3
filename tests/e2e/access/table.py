"""Who is answered what: every call of the public API × every caller, own and other people's objects apart.

A cell says what the gateway answers: ``+`` let in (2xx, or the refusal that only somebody who was let in
gets, see `asking`), ``A`` 401 not_authenticated, ``F`` 403 not_allowed, ``N`` 404 not_found, ``U``
unknown_card, ``W`` wrong_provider, ``P`` programme_unknown.

One object is asked for by all: "own" is who owns it, "other" is another caller of the same kind. Staff own
what belongs to the programmes of their account; the officer of "all" has none named and works for every one.
The device of "revoked" was revoked after it had its token: "now" the token runs, "later" its 15 minutes have
passed. A public call takes a token into account; one that reads no caller (health, the bank's, the token
itself) does not look at it.
"""

from collections.abc import Iterable

from contracts.access import SCOPES_BY_KIND, SCOPES_BY_ROLE

COLUMNS = (
    ("anonymous", "any"),
    ("partner", "own"),
    ("partner", "other"),
    ("holder", "own"),
    ("holder", "other"),
    ("device", "own"),
    ("device", "other"),
    ("revoked_device", "now"),
    ("revoked_device", "later"),
    ("provider_manager", "own"),
    ("provider_manager", "other"),
    ("provider_desk", "own"),
    ("provider_desk", "other"),
    ("office_officer", "own"),
    ("office_officer", "other"),
    ("officer", "all"),
    ("officer", "own"),
    ("officer", "other"),
)
ROLES = (*SCOPES_BY_ROLE, *SCOPES_BY_KIND, "anonymous")
MEANINGS = {
    "A": "not_authenticated",
    "F": "not_allowed",
    "N": "not_found",
    "U": "unknown_card",
    "W": "wrong_provider",
    "P": "programme_unknown",
}

HEADER_LINES = 3
# What stands after a call's name and ":" is which object or which way of asking it is.
_TABLE = """
                             anonymous partner holder  device  revoked manager desk    office  officer
                                       own oth own oth own oth now lat own oth own oth own oth all own oth
healthz                          +      +   +   +   +   +   +   +   +   +   +   +   +   +   +   +   +   +
readyz                           +      +   +   +   +   +   +   +   +   +   +   +   +   +   +   +   +   +
create_token                     +      +   +   +   +   +   +   +   +   +   +   +   +   +   +   +   +   +
show_return_page                 +      +   +   +   +   +   +   +   +   +   +   +   +   +   +   +   +   +
record_notification              F      F   F   F   F   F   F   F   F   F   F   F   F   F   F   F   F   F
record_notification:signed       +      +   +   +   +   +   +   +   +   +   +   +   +   +   +   +   +   +
request_login_code               +      +   +   +   +   +   +   +   A   +   +   +   +   +   +   +   +   +
enrol_device                     +      +   +   +   +   +   +   +   A   +   +   +   +   +   +   +   +   +
find_programmes                  +      +   +   +   +   +   +   +   A   +   +   +   +   +   +   +   +   +
get_programme                    +      +   +   +   +   +   +   +   A   +   +   +   +   +   +   +   +   +
find_providers                   +      +   +   +   +   +   +   +   A   +   +   +   +   +   +   +   +   +
find_ideas                       +      +   +   +   +   +   +   +   A   +   +   +   +   +   +   +   +   +
get_provider                     +      +   +   +   +   +   +   +   A   +   +   +   +   +   +   +   +   +
get_provider:applied             N      N   N   N   N   N   N   N   A   N   N   N   N   N   N   +   +   N
apply_provider                   +      +   +   +   +   +   +   +   A   +   +   +   +   +   +   +   +   +
decide_provider                  A      F   F   F   F   F   F   F   A   F   F   F   F   F   F   +   +   N
get_statistics                   A      F   F   F   F   F   F   F   A   +   N   F   F   F   F   +   +   N
get_balance                      A      F   F   F   F   F   F   F   A   +   N   F   F   F   F   +   +   +
get_caller                       A      +   +   +   +   +   +   +   A   +   +   +   +   +   +   +   +   +
find_own_orders                  A      F   F   +   +   F   F   F   A   F   F   F   F   F   F   F   F   F
find_own_visits                  A      F   F   +   +   F   F   F   A   F   F   F   F   F   F   F   F   F
find_provider_visits             A      F   F   F   F   F   F   F   A   +   N   +   N   F   F   +   +   +
stream_own_visits                A      F   F   +   +   F   F   F   A   F   F   F   F   F   F   F   F   F
stream_provider_visits           A      F   F   F   F   F   F   F   A   +   N   +   N   F   F   +   +   +
create_offer                     A      F   F   F   F   F   F   F   A   +   N   F   F   F   F   +   +   P
publish_offer                    A      F   F   F   F   F   F   F   A   F   F   F   F   F   F   +   +   N
withdraw_offer                   A      F   F   F   F   F   F   F   A   +   N   F   F   F   F   +   +   N
place_order                      +      +   +   +   +   F   F   F   A   F   F   F   F   F   F   +   +   P
get_order                        N      +   N   +   N   N   N   N   A   N   N   N   N   +   N   +   +   N
get_order:with its secret        +      +   +   +   +   +   +   +   A   +   +   +   +   +   +   +   +   +
start_payment                    N      +   N   +   N   N   N   N   A   N   N   N   N   +   N   +   +   N
start_payment:with its secret    +      +   +   +   +   +   +   +   A   +   +   +   +   +   +   +   +   +
request_email_change             N      +   N   +   N   N   N   N   A   N   N   N   N   N   N   +   +   N
request_email_change:with its secret +  +   +   +   +   +   +   +   A   +   +   +   +   +   +   +   +   +
confirm_email_change             N      +   N   +   N   N   N   N   A   N   N   N   N   N   N   +   +   N
confirm_email_change:with its secret +  +   +   +   +   +   +   +   A   +   +   +   +   +   +   +   +   +
send_voucher_again               N      +   N   +   N   N   N   N   A   N   N   N   N   N   N   +   +   N
send_voucher_again:with its secret +    +   +   +   +   +   +   +   A   +   +   +   +   +   +   +   +   +
find_checks                      A      F   F   F   F   F   F   F   A   F   F   F   F   +   +   +   +   +
decide_check                     A      F   F   F   F   F   F   F   A   F   F   F   F   +   N   +   +   N
get_card                         A      F   F   +   N   F   F   F   A   F   F   F   F   +   N   +   +   N
get_voucher                      A      F   F   +   N   F   F   F   A   F   F   F   F   +   N   +   +   N
get_qr                           A      F   F   +   N   F   F   F   A   F   F   F   F   +   N   +   +   N
get_pots                         A      F   F   +   N   F   F   F   A   F   F   F   F   +   N   +   +   N
find_card_redemptions            A      F   F   +   N   F   F   F   A   F   F   F   F   +   N   +   +   N
lookup_card                      A      F   F   F   F   F   F   F   A   F   F   F   F   F   F   +   +   U
revoke_card                      A      F   F   +   N   F   F   F   A   F   F   F   F   F   F   +   +   N
reissue_card                     A      F   F   +   N   F   F   F   A   F   F   F   F   F   F   +   +   N
quote                            A      F   F   F   F   +   W   +   A   F   F   F   F   F   F   F   F   F
redeem                           A      F   F   F   F   +   W   +   A   F   F   F   F   F   F   F   F   F
find_device_redemptions          A      F   F   F   F   +   +   +   A   F   F   F   F   F   F   F   F   F
cancel_redemption                A      F   F   F   F   +   N   +   A   F   F   F   F   F   F   +   +   N
dispute_visit                    A      F   F   +   N   F   F   F   A   F   F   F   F   F   F   F   F   F
find_disputes                    A      F   F   F   F   F   F   F   A   F   F   F   F   F   F   +   +   +
decide_dispute                   A      F   F   F   F   F   F   F   A   F   F   F   F   F   F   +   +   N
create_partner                   A      F   F   F   F   F   F   F   A   F   F   F   F   F   F   +   +   +
create_staff                     A      F   F   F   F   F   F   F   A   F   F   F   F   F   F   +   +   F
find_devices                     A      F   F   F   F   F   F   F   A   +   N   F   F   F   F   +   +   N
find_provider_staff              A      F   F   F   F   F   F   F   A   +   N   F   F   F   F   +   +   N
create_provider_staff            A      F   F   F   F   F   F   F   A   +   N   F   F   F   F   +   +   N
revoke_provider_staff            A      F   F   F   F   F   F   F   A   +   N   F   F   F   F   +   +   N
create_device                    A      F   F   F   F   F   F   F   A   +   N   F   F   F   F   +   +   N
revoke_device                    A      F   F   F   F   F   F   F   A   +   N   F   F   F   F   +   +   +
"""


def _rows(text: str) -> dict[str, tuple[str, ...]]:
    """Row name → cells in the order of the columns; read from the right, as a name may hold blanks."""
    lines = text.splitlines()[HEADER_LINES:]
    return {line.rsplit(maxsplit=len(COLUMNS))[0]: tuple(line.split()[-len(COLUMNS) :]) for line in lines}


TABLE = _rows(_TABLE)


def operation_of(row: str) -> str:
    """The operationId of a row."""
    return row.partition(":")[0]


def operations_without_a_row(operations: Iterable[str]) -> set[str]:
    """Calls of which nobody has said who may make them."""
    return set(operations) - {operation_of(row) for row in TABLE}


def roles_without_a_column(roles: Iterable[str] = ROLES) -> set[str]:
    """Kinds of caller of whom nobody has said what they may do."""
    return set(roles) - {role for role, _ in COLUMNS}
