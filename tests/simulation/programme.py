"""The made-up programme of the simulation."""

from dataclasses import replace
from pathlib import Path

from contracts.programmes import Programme, read_programmes

AZUR = Path(__file__).parents[1] / "fixtures" / "programmes" / "azur-2027.toml"


def read_azur() -> Programme:
    """Two pots, a small one for the sea and a museums' one that pays for the sea too: so one scan is often
    paid from both. Two uses a month instead of three: so the limit is often reached."""
    programme = read_programmes({AZUR.name: AZUR.read_text(encoding="utf-8")})["azur-2027"]
    pots = {
        "sea": replace(programme.pots["sea"], cap_per_household_cents=1000),
        "museums": replace(programme.pots["museums"], categories=("museums", "water_sports")),
    }
    limits = {code: replace(limit, max=2) for code, limit in programme.usage_limits.items()}
    return replace(programme, pots=pots, usage_limits=limits)
