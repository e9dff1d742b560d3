"""The civil identity in a call's query: read, and refused with one error per wrong parameter."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from sandbox.family_quotient.families import FRANCE


@dataclass(frozen=True, kw_only=True)
class ParameterError:
    """One wrong parameter; `detail` is the French sentence that the API answers."""

    parameter: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class AskedIdentity:
    """Who is asked about, and for which month (`None`: the current one); an unknown birth day is `None`."""

    birth_name: str
    given_names: tuple[str, ...]
    birth_year: int
    birth_month: int
    birth_day: int | None
    sex: str
    birth_country: str
    birth_commune: str | None
    year: int | None
    month: int | None


@dataclass(frozen=True, kw_only=True)
class _Rule:
    holds: Callable[[str], bool]
    wrong: str
    required: bool = True


def _number(low: int, high: int) -> Callable[[str], bool]:
    return lambda value: re.fullmatch(r"[0-9]{1,4}", value) is not None and low <= int(value) <= high


def _matches(pattern: str) -> Callable[[str], bool]:
    return lambda value: re.fullmatch(pattern, value) is not None


def is_siret(value: str) -> bool:
    """Whether the text is 14 digits whose Luhn sum is right."""
    if not re.fullmatch(r"[0-9]{14}", value):
        return False
    doubled = (int(digit) * (2 - position % 2) for position, digit in enumerate(value))
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


_a_name = _matches(r".{1,100}")
_rules: Mapping[str, _Rule] = {
    "recipient": _Rule(holds=is_siret, wrong="n'est pas un siret valide"),
    "nomNaissance": _Rule(holds=_a_name, wrong="n'est pas un nom valide"),
    "prenoms[]": _Rule(holds=_a_name, wrong="n'est pas une liste de prénoms valide"),
    "anneeDateNaissance": _Rule(holds=_number(1880, 2100), wrong="n'est pas une année valide"),
    "moisDateNaissance": _Rule(holds=_number(1, 12), wrong="n'est pas un mois valide"),
    "jourDateNaissance": _Rule(holds=_number(1, 31), wrong="n'est pas un jour valide", required=False),
    "sexeEtatCivil": _Rule(holds=_matches("[MF]"), wrong="doit valoir M ou F"),
    "codeCogInseePaysNaissance": _Rule(holds=_matches("99[0-9]{3}"), wrong="n'est pas un code pays valide"),
    "codeCogInseeCommuneNaissance": _Rule(
        holds=_matches("[0-9][0-9AB][0-9]{3}"), wrong="n'est pas un code commune valide", required=False
    ),
    "annee": _Rule(holds=_number(2000, 2100), wrong="n'est pas une année valide", required=False),
    "mois": _Rule(holds=_number(1, 12), wrong="n'est pas un mois valide", required=False),
}


def find_parameter_errors(query: MultiDict[str, str]) -> list[ParameterError]:
    """All that is wrong with the query; empty when it can be read."""
    errors = [error for name, rule in _rules.items() if (error := _error_of(name, rule, query.getlist(name)))]
    if query.get("codeCogInseePaysNaissance") == FRANCE and not query.get("codeCogInseeCommuneNaissance"):
        errors.append(_missing("codeCogInseeCommuneNaissance"))
    if bool(query.get("annee")) != bool(query.get("mois")):
        errors.append(_missing("mois" if query.get("annee") else "annee"))
    return errors


def read_asked_identity(query: MultiDict[str, str]) -> AskedIdentity:
    """The identity of a query without parameter errors."""
    return AskedIdentity(
        birth_name=query["nomNaissance"],
        given_names=tuple(query.getlist("prenoms[]")),
        birth_year=int(query["anneeDateNaissance"]),
        birth_month=int(query["moisDateNaissance"]),
        birth_day=_optional_number(query, "jourDateNaissance"),
        sex=query["sexeEtatCivil"],
        birth_country=query["codeCogInseePaysNaissance"],
        birth_commune=query.get("codeCogInseeCommuneNaissance") or None,
        year=_optional_number(query, "annee"),
        month=_optional_number(query, "mois"),
    )


def _error_of(name: str, rule: _Rule, values: list[str]) -> ParameterError | None:
    if not any(values):
        return _missing(name) if rule.required else None
    if not all(rule.holds(value) for value in values):
        return ParameterError(parameter=name, detail=f"Le paramètre {name} {rule.wrong}")
    return None


def _missing(name: str) -> ParameterError:
    return ParameterError(parameter=name, detail=f"Le paramètre {name} est obligatoire")


def _optional_number(query: MultiDict[str, str], name: str) -> int | None:
    value = query.get(name)
    return int(value) if value else None
