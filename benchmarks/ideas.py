"""``make bench-ideas``: what a page of ideas costs beside a page of the listing, at 3,000 providers.

Both rules are asked in turn on one fresh database, in this process: what the bus and the gateway add is the
same for both. Told are the ratios and, as last line, medians as JSON; the plan of the search lies beside it.
"""

import json
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from benchmarks.options import FOLDER, OptionsError, read_options
from chassis.database.engine import Database
from chassis.database.migrating import migrate
from chassis.database.rights import grant, rights_of
from contracts.programmes import Programme, read_programmes
from devstack.errors import DevstackError
from devstack.host.leaving import leave_when_told
from devstack.servers.backing import private_backing
from offers.ideas.finding import find_ideas, search_statement
from offers.ideas.reading import read_wanted
from offers.listing import find_providers

PROVIDERS, OFFERS_EACH, PLACES, SEED = 3_000, 3, 30, 20
RATIO_MAX = 1.5
PROGRAMME, DAY = "occygene-2020", "2020-07-14"
# Occitania's box, roughly; WGS 84 degrees.
SOUTH, NORTH, WEST, EAST = 42.6, 44.9, 0.0, 4.5
FILLING = f"""
SELECT setseed(0.5);
INSERT INTO providers (id, name, name_key, category, legal_id, programmes, quality_label, criteria,
                       months_open, state, applied_at, decided_at)
SELECT 'prv_' || lpad(n::text, 26, '0'), 'Prestataire ' || n, 'prestataire ' || n,
       (ARRAY['cultural_sites', 'campsites', 'leisure_sites'])[1 + n % 3], lpad(n::text, 14, '0'),
       ARRAY['{PROGRAMME}'], true, '{{}}', '{{7,8}}', 'accepted', now(), now()
FROM generate_series(1, {PROVIDERS}) n;
INSERT INTO sites (id, provider_id, position, name, street, postal_code, insee, commune, latitude,
                   longitude, booking_required, opening)
SELECT 'site_' || id, id, 0, 'Lieu', '1 rue', '31000', '31555', 'Toulouse',
       {SOUTH} + random() * {NORTH - SOUTH}, {WEST} + random() * {EAST - WEST}, false,
       '[{{"from": "04-01", "to": "10-31"}}]'
FROM providers;
INSERT INTO offers (id, provider_id, version, state, programme, site_ids, title, card_types, audience, kind,
                    percent, base, standard_price_cents, child_price_cents, season, pot_accepted, created_at,
                    published_at)
SELECT 'off_' || lpad((row_number() OVER ())::text, 26, '0'), id, 1, 'published', '{PROGRAMME}', '{{}}',
       '{{"fr": "Offre", "en": "Offer"}}', ARRAY['family', 'family_bonus'],
       (ARRAY['holder', 'children', 'household'])[k], 'percent', 20 + (random() * 30)::int, 'standard_price',
       500 + (random() * 3000)::int, 300 + (random() * 700)::int, '[]', random() < 0.5, now(), now()
FROM providers, generate_series(1, {OFFERS_EACH}) k;
"""  # noqa: S608 - constants of this file

Asks = Callable[[Session, dict[str, float]], Any]


def main() -> int:
    """The exit code: 1 where nothing could be measured; a missed target is told, and is no error."""
    leave_when_told()
    try:
        rounds = read_options(os.environ).rounds
        folder = FOLDER / "ideas"
        with private_backing(folder) as backing:
            url, owner_url = backing.database_urls["offers"], backing.owner_urls["offers"]
            migrate(owner_url, "offers")
            grant(owner_url, url, rights_of("offers"))
            _fill(owner_url)
            found, plan = measure(Database(url, name="bench-ideas", pool_size=1), rounds)
        shutil.rmtree(folder, ignore_errors=True)
    except (OptionsError, DevstackError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    (FOLDER / "ideas.plan.txt").write_text(plan + "\n")
    (FOLDER / "ideas.json").write_text(json.dumps(found) + "\n")
    print(json.dumps(found))
    return 0


def measure(database: Database, rounds: int) -> tuple[dict[str, float], str]:
    """Medians in milliseconds of each way of asking, each divided by the listing's; and the search's plan."""
    programmes = read_programmes({path.name: path.read_text() for path in Path("programmes").glob("*.toml")})
    asks = _asks(programmes)
    times: dict[str, list[float]] = {name: [] for name in asks}
    places = _places()
    # The first round warms caches and is not told.
    for round_ in range(rounds + 1):
        for place in places:
            for name, ask in asks.items():
                took = _time(database, ask, place)
                if round_:
                    times[name].append(took)
    found = {f"{name}_ms": round(statistics.median(taken), 2) for name, taken in times.items()}
    for near in ("near", "far"):
        for budget in ("ideas", "ideas_for_nothing"):
            ratio = found[f"{budget}_{near}_ms"] / found[f"listing_{near}_ms"]
            found[f"{budget}_{near}_ratio"] = round(ratio, 2)
            print(f"{budget} {near} ÷ listing {near}: {ratio:.2f} (target {RATIO_MAX})")
    return found, _plan(database, programmes, places[0])


def _asks(programmes: dict[str, Programme]) -> dict[str, Asks]:
    """Within 20 km, and within 200; with a budget, and with none, which looks at every offer."""
    asks: dict[str, Asks] = {}
    for name, radius_km in (("near", 20.0), ("far", 200.0)):
        asks[f"listing_{name}"] = lambda session, place, km=radius_km: find_providers(  # type: ignore[misc]
            session, search=_listed(place, km)
        )
        for ideas, budget in (("ideas", 1800), ("ideas_for_nothing", 0)):
            asks[f"{ideas}_{name}"] = lambda session, place, km=radius_km, cents=budget: find_ideas(  # type: ignore[misc]
                session, programmes, search=_wanted(place, km, cents)
            )
    return asks


def _listed(place: dict[str, float], radius_km: float) -> Any:
    absent = dict.fromkeys(("category", "card_type", "cursor"))
    asked = {"radius_km": radius_km, "programme": PROGRAMME, "open_on": DAY, "limit": 50}
    return place | absent | asked


def _wanted(place: dict[str, float], radius_km: float, budget_cents: int) -> Any:
    absent = dict.fromkeys(("category", "card_type", "cursor"))
    party = {"adults": 2, "children_ages": [4, 9], "budget_cents": budget_cents, "pot_cents": 1000}
    return place | absent | party | {"radius_km": radius_km, "programme": PROGRAMME, "on": DAY, "limit": 50}


def _places() -> list[dict[str, float]]:
    rng = Random(SEED)  # noqa: S311 - not a secret
    return [
        {"latitude": rng.uniform(SOUTH, NORTH), "longitude": rng.uniform(WEST, EAST)} for _ in range(PLACES)
    ]


def _time(database: Database, ask: Asks, place: dict[str, float]) -> float:
    began = time.perf_counter()
    with database.transaction() as session:
        ask(session, place)
    return (time.perf_counter() - began) * 1000


def _plan(database: Database, programmes: dict[str, Programme], place: dict[str, float]) -> str:
    statement = search_statement(read_wanted(programmes, _wanted(place, 20.0, 1800)), None).limit(255)
    with database.transaction() as session:
        connection = session.connection()
        sql = statement.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
        cursor = connection.connection.cursor()
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + str(sql).replace("%%", "%"))
        return "\n".join(row[0] for row in cursor.fetchall())


def _fill(owner_url: str) -> None:
    database = Database(owner_url, name="bench-ideas-fill", pool_size=1)
    with database.transaction() as session:
        # Without parameters psycopg leaves "%" alone.
        session.connection().connection.cursor().execute(FILLING)
    with database.transaction() as session:
        session.execute(text("ANALYZE"))
    database.close()


if __name__ == "__main__":
    sys.exit(main())
