"""The sentences of validation rules, French and English in one string, and lists of broken rules."""

from collections.abc import Iterator
from typing import Any, TypedDict

SEPARATOR = " | "
MAX_ERRORS = 20  # A body full of mistakes must not make an answer larger than itself.
MAX_PATH_PART_CHARACTERS = 64


class BrokenRule(TypedDict):
    """One field at fault: its dotted path and the rule that it breaks, English and French."""

    field: str
    rule: str
    rule_fr: str


def both(fr: str, en: str) -> str:
    """One message in two languages; marshmallow carries it as a single string."""
    return f"{fr}{SEPARATOR}{en}"


def broken(field: str, text: str) -> BrokenRule:
    """A broken rule from a message made by `both`."""
    fr, found, en = text.partition(SEPARATOR)
    return {"field": field, "rule": en if found else fr, "rule_fr": fr}


def broken_rules(messages: Any) -> list[BrokenRule]:
    """marshmallow's nested messages as a flat list, at most ``MAX_ERRORS`` long, never empty."""
    rules = [broken(field, text) for field, text in _flatten(messages, ())]
    return rules[:MAX_ERRORS] or [broken("body", INVALID)]


def _flatten(messages: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(messages, dict):
        for key, value in messages.items():
            yield from _flatten(value, path if key == "_schema" else (*path, _safe(str(key))))
    elif isinstance(messages, (list, tuple)):
        for value in messages:
            yield from _flatten(value, path)
    else:
        yield ".".join(path) or "body", str(messages)


def _safe(part: str) -> str:
    """A path part that any JSON reader accepts: names of unknown fields are the caller's own text."""
    return part[:MAX_PATH_PART_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


INVALID = both("valeur incorrecte", "not a valid value")
REQUIRED = both("obligatoire", "required")
NOT_NULL = both("ne peut pas être nul", "may not be null")
UNKNOWN = both("champ inconnu", "unknown field")
OBJECT = both("un objet est attendu", "an object is expected")
LIST = both("une liste est attendue", "a list is expected")
TEXT = both("un texte est attendu", "a text is expected")
INTEGER = both("un nombre entier est attendu", "an integer is expected")
AGES = both(
    "des âges de 0 à 17 ans, 20 au plus, séparés par des virgules",
    "ages from 0 to 17, 20 at most, with commas between",
)
NUMBER = both("un nombre est attendu", "a number is expected")
BOOLEAN = both("vrai ou faux est attendu", "true or false is expected")
CHARACTERS = both("contient des caractères interdits", "contains forbidden characters")
NOT_BLANK = both("ne peut pas être vide", "may not be blank")
LENGTH = both("de {min} à {max} caractères", "{min} to {max} characters")
COUNT = both("de {min} à {max} éléments", "{min} to {max} items")
RANGE = both("de {min} à {max}", "from {min} to {max}")
CHOICES = both("une valeur parmi : {choices}", "one of: {choices}")
FORM = both("forme attendue : {regex}", "expected form: {regex}")
DATE = both(
    "une date AAAA-MM-JJ de 1900 à 2199 est attendue", "a date YYYY-MM-DD from 1900 to 2199 is expected"
)
INSTANT = both(
    "une date et heure RFC 3339 avec décalage est attendue",
    "an RFC 3339 date and time with offset is expected",
)
EMAIL = both("une adresse électronique est attendue", "an e-mail address is expected")
URL = both("une adresse http(s) est attendue", "an http(s) address is expected")
UNIQUE = both("chaque valeur une seule fois", "each value once only")
COORDINATES = both("« latitude,longitude » en degrés", "“latitude,longitude” in degrees")
NOT_REPEATED = both("un seul paramètre de ce nom", "only one parameter of this name")
ONE_OF_TWO = both("soit « number », soit « qr »", "either “number” or “qr”")
ORDER_OF_DAYS = both(
    "« to » suit « from » de {days_max} jours au plus", "“to” follows “from” by at most {days_max} days"
)
TOGETHER = both("demande aussi « near »", "needs “near” too")
