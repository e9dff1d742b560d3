"""Residents who order cards in these tests; the family is also known to the local CAF/MSA API."""

from typing import Any
from uuid import uuid4

from demo.people import holder, person

# Other tests on the same platform have mailboxes of their own.
RUN = uuid4().hex[:8]
MONTAUBAN = ("6 rue de la République", "82000", "82121")
NICE = ("4 rue de la Liberté", "06000", "06088")

# Family quotient 875, so a bonus card with a pot of 2 × 70 €.
MAI_LINH = holder(
    "Mai-Linh",
    "Nguyen Van",
    "1993-10-02",
    f"mai-linh.{RUN}@example.org",
    MONTAUBAN,
    birth_name="Nguyen Van",
    sex="F",
    birth_place={"country": "99100", "insee": "82121"},
)
EVA = person("Éva", "Nguyen Van", "2017-11-15")
# Family quotient 150: a household with a pot of its own.
LOIC = holder(
    "Loïc",
    "Sans",
    "1979-05-19",
    f"loic.{RUN}@example.org",
    MONTAUBAN,
    sex="M",
    birth_place={"country": "99100", "insee": "09225"},
)
LOIC_MEMBERS = [person("Théo", "Sans", "2015-04-09")]


def young(given_name: str) -> dict[str, Any]:
    """Somebody of 20 in July 2020."""
    email = f"{given_name.lower()}.{RUN}@example.org"
    return holder(given_name, "Conforme", "2000-02-29", email, MONTAUBAN)


def employee(given_name: str) -> dict[str, Any]:
    """Somebody on a tourist office's staff."""
    return {**young(given_name), "organisation": "OT de Montauban"}


def azurean(given_name: str) -> dict[str, Any]:
    """Somebody of another region."""
    return holder(given_name, "Azur", "1990-01-31", f"{given_name.lower()}.{RUN}@example.org", NICE)
