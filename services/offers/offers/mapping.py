"""The listing's sites as marks on a map: few words of each, many at once."""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.offers import ProviderSearch, SitePage
from offers.input_rules import check_integer
from offers.models import Provider, Site
from offers.searching import MAX_PAGE, bad_cursor, read_search, site_matches

# Of some 200 bytes each: a page stays far below what a message or a reader of it minds.
MAX_SITES = 1_000
CURSOR = re.compile(r"sit_[0-9a-z]{20,40}")


def find_sites(session: Session, *, search: ProviderSearch) -> SitePage:
    """One page of the sites at which an offer of the search holds, in the order of their ids.

    Only matching sites, where the listing shows all of a provider that has one. Refusals: ``invalid_field``.
    """
    limit, cursor = check_integer("limit", search["limit"], 1, MAX_SITES), search["cursor"]
    asked = read_search({**search, "limit": MAX_PAGE, "cursor": None})
    query = (
        select(Site.id, Site.provider_id, Provider.name, Provider.category, Site.latitude, Site.longitude)
        .join(Provider, Provider.id == Site.provider_id)
        .where(Provider.state == "accepted", site_matches(asked))
    )
    if asked.category is not None:
        query = query.where(Provider.category == asked.category)
    if cursor is not None:
        query = query.where(Site.id > _after(cursor))
    rows = session.execute(query.order_by(Site.id).limit(limit + 1)).all()
    return {
        "sites": [
            {
                "id": row.id,
                "provider_id": row.provider_id,
                "provider_name": row.name,
                "category": row.category,
                "latitude": row.latitude,
                "longitude": row.longitude,
            }
            for row in rows[:limit]
        ],
        "next_cursor": rows[limit - 1].id if len(rows) > limit else None,
    }


def _after(cursor: str) -> str:
    if not CURSOR.fullmatch(cursor):
        raise bad_cursor()
    return cursor
