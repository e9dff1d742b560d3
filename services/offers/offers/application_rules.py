"""What a provider's application must say, against the programmes that it names (pure)."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from contracts.communes import find_commune
from contracts.offers import ContactPoint, ProviderApplication, SiteRequest
from contracts.programmes import Programme
from contracts.programmes.rules import missing_criteria
from contracts.programmes.shape import Category, Criterion
from contracts.refusals import Refusal
from offers.france import in_france
from offers.input_rules import (
    CODE,
    check_codes,
    check_flag,
    check_integer,
    check_list,
    check_number,
    check_season,
    check_text,
    refuse,
)
from offers.siret import is_siret

MAX_NAME_CHARS = 120
MAX_STREET_CHARS = 200
MAX_WEBSITE_CHARS = 300
MAX_EMAIL_CHARS = 254
MAX_SITES = 50
EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@.]+(\.[^\s@.]+)+")
PHONE = re.compile(r"\+?[0-9][0-9 .-]{4,18}[0-9]")
POSTAL_CODE = re.compile(r"[0-9]{5}")
INSEE = re.compile(r"[0-9AB]{5}")
WEBSITE = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)


def check_application(
    application: ProviderApplication, programmes: Mapping[str, Programme]
) -> ProviderApplication:
    """Return the application with its texts trimmed, or raise the Refusal of the first field at fault.

    The criteria are only checked to exist: whether they suffice is asked when an officer accepts.
    """
    joined = _joined_programmes(application["programmes"], programmes)
    website = application.get("website")
    return {
        "name": check_text("name", application["name"], MAX_NAME_CHARS),
        "category": _checked_category(application["category"], joined),
        "legal_id": _checked_legal_id(application["legal_id"]),
        "contact": _checked_contact(application["contact"]),
        "website": None if website is None else check_text("website", website, MAX_WEBSITE_CHARS, WEBSITE),
        "programmes": [programme.code for programme in joined],
        "quality_label": check_flag("quality_label", application["quality_label"]),
        "criteria": _checked_criteria(application["criteria"], application["category"], joined),
        "months_open": _checked_months(application["months_open"], joined),
        "sites": _checked_sites(application["sites"]),
    }


def missing_for(
    programmes: Iterable[Programme], category: str, criteria: list[str], quality_label: bool
) -> list[Criterion]:
    """Return the necessary criteria that a provider lacks to enter all of the programmes; none: admitted."""
    missing: dict[str, Criterion] = {}
    for programme in programmes:
        wanted = programme.categories[category]
        codes = missing_criteria(wanted, criteria, quality_label)
        missing.update({c.code: c for c in _criteria_of(wanted) if c.code in codes})
    return list(missing.values())


def _joined_programmes(codes: Any, programmes: Mapping[str, Programme]) -> list[Programme]:
    for index, code in enumerate(check_codes("programmes", codes, least=1)):
        if code not in programmes:
            raise Refusal("programme_unknown", field=f"programmes.{index}")
    return [programmes[code] for code in codes]


def _checked_category(code: Any, joined: list[Programme]) -> str:
    category = check_text("category", code, 40, CODE)
    for programme in joined:
        if category not in programme.categories:
            known = ", ".join(programme.categories)
            raise refuse(
                "category", f"{programme.code} accueille : {known}", f"{programme.code} takes: {known}"
            )
    return category


def _checked_legal_id(value: Any) -> str:
    text = check_text("legal_id", value, 14)
    if not is_siret(text):
        raise refuse(
            "legal_id", "un SIRET de 14 chiffres, clé comprise", "a SIRET of 14 digits, check digit included"
        )
    return text


def _checked_contact(contact: ContactPoint) -> ContactPoint:
    return {
        "manager_name": check_text("contact.manager_name", contact["manager_name"], MAX_NAME_CHARS),
        "email": check_text("contact.email", contact["email"], MAX_EMAIL_CHARS, EMAIL),
        "phone": check_text("contact.phone", contact["phone"], 20, PHONE),
    }


def _checked_criteria(value: Any, category: str, joined: list[Programme]) -> list[str]:
    known = {c.code for programme in joined for c in _criteria_of(programme.categories[category])}
    codes = check_codes("criteria", value, least=0)
    for index, code in enumerate(codes):
        if code not in known:
            raise refuse(
                f"criteria.{index}", "critère inconnu dans cette catégorie", "no criterion of this category"
            )
    return codes


def _checked_months(value: Any, joined: list[Programme]) -> list[int]:
    months = check_list("months_open", value, 0, 12)
    for index, month in enumerate(months):
        check_integer(f"months_open.{index}", month, 1, 12)
    least = max(programme.provider_terms.min_months_open for programme in joined)
    if len(months) < least:
        raise refuse(
            "months_open", f"ouvert au moins {least} mois par an", f"open at least {least} months a year"
        )
    return sorted(months)


def _checked_sites(value: Any) -> list[SiteRequest]:
    sites = check_list("sites", value, 1, MAX_SITES)
    return [_checked_site(f"sites.{index}", site) for index, site in enumerate(sites)]


def _checked_site(field: str, site: SiteRequest) -> SiteRequest:
    insee = check_text(f"{field}.insee", site["insee"], 5, INSEE)
    if find_commune(insee) is None:
        raise Refusal("commune_unknown", field=f"{field}.insee")
    latitude = check_number(f"{field}.latitude", site["latitude"], -90, 90)
    longitude = check_number(f"{field}.longitude", site["longitude"], -180, 180)
    if not in_france(latitude, longitude):
        raise refuse(
            f"{field}.latitude", "latitude et longitude en France", "latitude and longitude in France"
        )
    return {
        "name": check_text(f"{field}.name", site["name"], MAX_NAME_CHARS),
        "street": check_text(f"{field}.street", site["street"], MAX_STREET_CHARS),
        "postal_code": check_text(f"{field}.postal_code", site["postal_code"], 5, POSTAL_CODE),
        "insee": insee,
        "latitude": latitude,
        "longitude": longitude,
        "booking_required": check_flag(f"{field}.booking_required", site["booking_required"]),
        "opening": check_season(f"{field}.opening", site["opening"]),
    }


def _criteria_of(category: Category) -> list[Criterion]:
    return [criterion for way in category.ways for criterion in way.criteria]
