"""The API's answers, in the shape of API Particulier v3.

Shape and codes of 200, 404, 429 and 502: `etalab/siade_staging_data` (MIT), folder
`api_particulier_v3_cnav_quotient_familial_with_civility`. Code 00210 (recipient) is the API's too; the other
codes of 401 and 422 are ours, so an adapter should go by the status.
"""

from datetime import datetime
from typing import Any

from sandbox.family_quotient.families import Family, Person
from sandbox.family_quotient.parameters import AskedIdentity, ParameterError

Payload = dict[str, Any]

_provider = {"provider": "CNAV"}


def family_answer(family: Family, asked: AskedIdentity, now: datetime) -> Payload:
    """The 200 answer: adults, children, address and the quotient of the asked month, else of this one."""
    data = {
        "allocataires": [_person(adult) for adult in family.adults],
        "enfants": [_person(child) for child in family.children],
        "adresse": _address(family),
        "quotient_familial": {
            "fournisseur": family.source,
            "valeur": family.quotient_euros,
            "annee": asked.year or now.year,
            "mois": asked.month or now.month,
            "annee_calcul": now.year,
            "mois_calcul": now.month,
        },
    }
    return {"data": data, "links": {}, "meta": {}}


def not_found_answer() -> Payload:
    """The 404 answer: no family of that identity."""
    detail = "Le dossier allocataire n'a pas été trouvé auprès de la CNAV."
    return _errors(_error("37003", "Dossier allocataire absent CNAV", detail, meta=_provider))


def too_many_answer() -> Payload:
    """The 429 answer."""
    return _errors(_error("00429", "Trop de requêtes", "Vous avez effectué trop de requêtes"))


def provider_failed_answer() -> Payload:
    """The 502 answer: the CAF or MSA behind the API said something that the API does not understand."""
    detail = (
        "La réponse retournée par le fournisseur de données est invalide et inconnue de notre service. "
        "L'équipe technique a été notifiée de cette erreur pour investigation."
    )
    return _errors(_error("37999", "Erreur inconnue du fournisseur de données", detail, meta=_provider))


def unauthorized_answer() -> Payload:
    """The 401 answer."""
    return _errors(
        _error("00101", "Non autorisé", "Votre jeton d'accès n'est pas valide ou n'est pas renseigné")
    )


def wrong_parameters_answer(errors: list[ParameterError]) -> Payload:
    """The 422 answer: one error per wrong parameter."""
    return _errors(
        *(
            _error(
                "00210" if error.parameter == "recipient" else "00300",
                "Entité non traitable",
                error.detail,
                source={"parameter": error.parameter},
            )
            for error in errors
        )
    )


def other_error_answer(status: int) -> Payload:
    """The answer of any other status that a fault asks for."""
    return _errors(_error(f"00{status}", "Erreur", "Une erreur est survenue"))


def _errors(*errors: Payload) -> Payload:
    return {"errors": list(errors)}


def _error(
    code: str, title: str, detail: str, *, source: Payload | None = None, meta: Payload | None = None
) -> Payload:
    return {"code": code, "title": title, "detail": detail, "source": source, "meta": meta or {}}


def _person(person: Person) -> Payload:
    return {
        "nom_naissance": person.birth_name.upper(),
        "nom_usage": person.used_name.upper() if person.used_name else None,
        "prenoms": " ".join(person.given_names).upper(),
        "date_naissance": person.birth_date.isoformat(),
        "sexe": person.sex,
    }


def _address(family: Family) -> Payload:
    addressee = family.adults[0]
    title = "Madame" if addressee.sex == "F" else "Monsieur"
    name = (addressee.used_name or addressee.birth_name).upper()
    return {
        "destinataire": f"{title} {name} {addressee.given_names[0]}",
        "complement_information": family.complement,
        "complement_information_geographique": None,
        "numero_libelle_voie": family.street.upper(),
        "lieu_dit": None,
        "code_postal_ville": family.postal_town.upper(),
        "pays": "FRANCE",
    }
