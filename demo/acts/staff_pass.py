"""PassResOT66: the same platform, another programme file and no line of code of its own."""

from demo import people
from demo.acts.checking import accept_all, wait_for_card
from demo.acts.ordering import order
from demo.acts.scanning import enrol, redeem, refused, scan_body
from demo.acts.vouchers import read_voucher
from demo.stage import Stage

PROGRAMME = "passresot66"
MUSEUM = "Musée des Barques catalanes"
OFFICE_OFFICER = "accueil@ot-perpignan.example.org"


def visit_with_the_staff_pass(stage: Stage) -> None:
    """20 July 2020: an office gives passes to its staff, permanent and seasonal."""
    stage.begin("PassResOT66: tourist-office staff visit a museum", 2020, 7, 20, 10, 0)
    made = stage.cast.officer.post("/v1/partners", {"name": "OT de Perpignan", "channel": "tourist_office"})
    office = stage.api.client("OT de Perpignan", made)
    order(stage, "Jordina", office, "staff", people.JORDINA, programme=PROGRAMME)
    order(stage, "Pau", office, "seasonal", people.PAU, programme=PROGRAMME)
    _confirm_membership(stage)
    for name in ("Jordina", "Pau"):
        wait_for_card(stage, name)
        read_voucher(stage, name, stage.cast.orders[name]["email"])
    enrol(stage, MUSEUM)
    body = scan_body(stage, MUSEUM, stage.cast.vouchers["Jordina"]["qr"], "staff", 1, 0)
    answer = redeem(stage, MUSEUM, body)
    stage.tell.say("Jordina enters for free.")
    stage.tell.detail(f"due {answer['due_cents']} cents; the desk sees {answer['holder']['first_name']}")
    stage.move_to(2020, 8, 12, 11, 0)
    refused(stage, "She comes again in August: once per site a year.", lambda: redeem(stage, MUSEUM, body))
    with_friend = scan_body(stage, MUSEUM, stage.cast.vouchers["Pau"]["qr"], "seasonal", 2, 0)
    refused(
        stage,
        "Pau brings a friend: the pass is for the holder alone.",
        lambda: redeem(stage, MUSEUM, with_friend),
    )
    stage.tell.services()


def _confirm_membership(stage: Stage) -> None:
    made = stage.cast.officer.post(
        "/v1/staff",
        {
            "email": OFFICE_OFFICER,
            "role": "office_officer",
            "programmes": [PROGRAMME],
            "organisation": "OT de Perpignan",
        },
    )
    officer = stage.api.staff("office officer", OFFICE_OFFICER, made["one_time_password"])
    # Two checks each: a member of the staff, and a photo that is fixed to the pass.
    decided = accept_all(officer, at_least=4)
    stage.tell.say("The office's own officer confirms that both are on the staff and have fixed their photo.")
    stage.tell.detail(f"{decided} checks accepted")
