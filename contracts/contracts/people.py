"""Who is the same person, and the refusal of an order that lists somebody twice; pure rules."""

from collections.abc import Sequence
from datetime import date

from contracts.names import name_key
from contracts.refusals import Refusal

PersonKey = tuple[str, str, str]
_RULE_FR = "cette personne est déjà {} (même nom, même date de naissance), et chacun ne compte qu’une fois"
_RULE = "this person is already {} (same name, same birth date), and everybody counts once"
_AS_HOLDER = ("titulaire de la commande", "the holder of the order")
_AS_MEMBER = ("membre du foyer", "a member of the household")


def person_key(given_name: str, family_name: str, birth_date: date) -> PersonKey:
    """Return what two mentions of one person have in common; twins differ by their given names."""
    return name_key(given_name), name_key(family_name), birth_date.isoformat()


def check_nobody_twice(holder: PersonKey, members: Sequence[PersonKey]) -> None:
    """Refuse the first member who is the holder or an earlier member again, as `members.N` (N from 0)."""
    listed_as = {holder: _AS_HOLDER}
    for index, member in enumerate(members):
        if member in listed_as:
            french, english = listed_as[member]
            raise Refusal(
                "invalid_field",
                field=f"members.{index}",
                rule=_RULE.format(english),
                rule_fr=_RULE_FR.format(french),
            )
        listed_as[member] = _AS_MEMBER
