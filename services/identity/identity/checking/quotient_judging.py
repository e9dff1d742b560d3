"""What a family quotient that was read means for the check: pure rules, and never a guess."""

from typing import Literal

from contracts.names import name_key, same_name
from identity.checking import reasons
from identity.checking.family_quotient import Beneficiary, CivilIdentity, QuotientRead

Verdict = Literal["accepted", "quotient_too_high", "identity_not_matched", "quotient_other_month"]


def judge(read: QuotientRead, identity: CivilIdentity, *, month: str, below: int) -> Verdict:
    """Compare the answer with the holder and the programme's threshold; exactly `below` is too high.

    The answer must be about the holder and about the month (`YYYY-MM`) that was asked for; where it is
    not, an officer decides.
    """
    if not any(is_holder(one, identity) for one in read.beneficiaries):
        return reasons.IDENTITY_NOT_MATCHED
    if read.month != month:
        return reasons.QUOTIENT_OTHER_MONTH
    return "accepted" if read.value < below else reasons.QUOTIENT_TOO_HIGH


def is_holder(one: Beneficiary, identity: CivilIdentity) -> bool:
    """Say whether the beneficiary is this person; accents, hyphens and case do not matter.

    The name that the holder goes by must be one of the beneficiary's: else anybody could order in their
    own name with the civil identity of a family that is entitled.
    """
    known_names = [name for name in (one.birth_name, one.used_name) if name is not None]
    return (
        one.birth_date == identity.birth_date.isoformat()
        and same_name(one.birth_name, identity.birth_name)
        and any(same_name(name, identity.used_name) for name in known_names)
        and has_given_names(one.given_names, identity.given_names)
    )


def has_given_names(all_names: str, given: str) -> bool:
    """Say whether what the holder wrote are the first of all given names, each of them whole.

    `Jean Noël` fits `JEAN-NOËL MARIE`; `Jean` does not, being another name.
    """
    wanted, so_far = name_key(given), ""
    for name in all_names.split():
        so_far += name_key(name)
        if wanted and so_far == wanted:
            return True
    return False
