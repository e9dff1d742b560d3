"""Fills in what was not known of people yet, their fingerprint under the birth name.

`python -m identity.fill_birth_fingerprints`, once after the upgrade, when only processes of the new release
serve; it may be repeated. A migration cannot do it, as it has no key.
"""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, redirect_stdout
from os import environ

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.database.engine import Database
from chassis.settings import SettingsError, read_settings
from identity.models import Holder, Person
from identity.people.fingerprints import birth_fingerprint
from identity.settings import Settings

# People of one transaction: it may wait for an approval that has locked some of them, but not for long.
PAGE = 500


def fill_birth_fingerprints(
    transaction: Callable[[], AbstractContextManager[Session]], key: bytes, page: int = PAGE
) -> int:
    """Fill in page after page; return how many were missing."""
    filled, after = 0, ""
    while True:
        with transaction() as session:
            rows = _page(session, after, page)
            for person, birth_name in rows:
                names = (person.given_name, person.family_name, birth_name)
                person.birth_fingerprint = birth_fingerprint(key, *names, person.birth_date)
                filled += person.birth_fingerprint is not None
                after = person.id
        if len(rows) < page:
            return filled


def _page(session: Session, after: str, page: int) -> list[tuple[Person, str]]:
    rows = session.execute(
        select(Person, Holder.birth_name)
        .join(Holder, Holder.person_id == Person.id)
        .where(
            Person.id > after,
            Person.birth_fingerprint.is_(None),
            func.lower(Holder.birth_name) != func.lower(Person.family_name),
        )
        .order_by(Person.id)
        .limit(page)
    )
    return [(person, str(birth_name)) for person, birth_name in rows]


def main() -> int:
    """Fill in and print how many were missing."""
    try:
        settings = read_settings(Settings, environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    database = Database(settings.database_url, pool_size=1)
    with redirect_stdout(sys.stderr):
        filled = fill_birth_fingerprints(database.transaction, settings.fingerprint_key)
    print(filled)
    return 0


if __name__ == "__main__":
    sys.exit(main())
