"""The residents of the story. Their families are also known to the local CAF/MSA API; all are made up."""

from typing import Any


def person(given_name: str, family_name: str, birth_date: str) -> dict[str, Any]:
    """Somebody of a household."""
    return {"given_name": given_name, "family_name": family_name, "birth_date": birth_date}


def holder(
    given_name: str, family_name: str, birth_date: str, email: str, address: tuple[str, str, str], **more: Any
) -> dict[str, Any]:
    """Who orders; ``address`` is street, postal code, INSEE code."""
    street, postal_code, insee = address
    return {
        **person(given_name, family_name, birth_date),
        "email": email,
        "address": {"street": street, "postal_code": postal_code, "insee": insee},
        **more,
    }


TOULOUSE = ("14 rue des Filatiers", "31000", "31555")
RODEZ = ("3 place du Bourg", "12000", "12202")
PERPIGNAN = ("8 rue de la Barre", "66000", "66136")
CARCASSONNE = ("21 rue Trivalle", "11000", "11069")
BORDEAUX = ("5 rue Sainte-Catherine", "33000", "33063")

LUCAS = holder("Lucas", "Vidal", "2000-03-14", "lucas.vidal@example.org", CARCASSONNE)
# As the tourist office types it on the phone.
MISTYPED_LUCAS = {**LUCAS, "email": "lucas.vidla@example.org"}
GARCIA = holder(
    "Élodie", "Garcia-Pons", "1984-05-21", "elodie.garcia@example.org", CARCASSONNE, phone="+33600000001"
)
GARCIA_MEMBERS = [
    person("Marc", "Pons", "1982-01-09"),
    person("Tom", "Pons", "2011-08-30"),
    person("Jade", "Pons", "2014-12-02"),
]
# "AMIRA BENALI ROUX" is the same person to the family quotient: accents, hyphens and case do not matter.
AMIRA = holder(
    "Amira",
    "BENALI ROUX",
    "1988-04-12",
    "amira.benali@example.org",
    TOULOUSE,
    birth_name="Benali Roux",
    sex="F",
    birth_place={"country": "99100", "insee": "31555"},
)
AMIRA_MEMBERS = [
    person("Thomas", "Roux", "1986-11-03"),
    person("Inès", "Roux", "2010-02-17"),
    person("Sami", "Roux", "2012-09-08"),
    person("Lina", "Roux", "2016-05-30"),
]
JULIEN = holder(
    "Julien",
    "Puig",
    "1985-09-30",
    "julien.puig@example.org",
    PERPIGNAN,
    sex="M",
    birth_place={"country": "99100", "insee": "66136"},
)
JULIEN_MEMBERS = [
    person("Nathalie", "Puig", "1987-01-19"),
    person("Jordi", "Puig", "2013-06-24"),
    person("Elna", "Puig", "2017-03-02"),
]
SEASONAL_CONTRACT_END = "2020-09-30"
JORDINA = holder(
    "Jordina", "Bosch", "1992-07-07", "jordina.bosch@example.org", PERPIGNAN, organisation="OT de Perpignan"
)
PAU = holder(
    "Pau",
    "Casals",
    "1999-02-11",
    "pau.casals@example.org",
    PERPIGNAN,
    organisation="OT de Perpignan",
    contract_end=SEASONAL_CONTRACT_END,
)
