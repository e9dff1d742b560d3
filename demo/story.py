"""The story, act by act, on any running platform."""

from pathlib import Path

from demo.acts.checking import check_the_applications
from demo.acts.closing import close_the_pot, live_the_last_day
from demo.acts.following import follow_the_sales
from demo.acts.opening import open_the_scheme
from demo.acts.ordering import place_the_first_orders
from demo.acts.repairing import correct_a_mistyped_address
from demo.acts.scanning import scan_on_a_saturday
from demo.acts.staff_pass import visit_with_the_staff_pass
from demo.acts.vouchers import receive_the_vouchers
from demo.api import Api
from demo.narrator import Narrator
from demo.stage import Cast, Platform, Stage

OFFICER = "marie.dupuy@crt.example.org"

ACTS = (
    open_the_scheme,
    place_the_first_orders,
    check_the_applications,
    receive_the_vouchers,
    correct_a_mistyped_address,
    scan_on_a_saturday,
    follow_the_sales,
    visit_with_the_staff_pass,
    close_the_pot,
    live_the_last_day,
)


def play(platform: Platform, documents: Path, logs: Path) -> Stage:
    """Play every act; raises where anything differs from what was promised. Answers the stage as it ended."""
    api = Api(platform.gateway_url)
    try:
        officer = api.staff("officer", OFFICER, platform.create_officer(OFFICER))
        stage = Stage(platform, api, Narrator(logs), documents, Cast(officer))
        for act in ACTS:
            act(stage)
        return stage
    finally:
        api.close()
