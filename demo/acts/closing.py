"""The ends: the pot closes on 15 November 2020, the card on 30 June 2021, and every cent is accounted for."""

from typing import Any

from demo.acts.scanning import CAVE, redeem, refused, scan_body
from demo.narrator import Narrator, euros
from demo.stage import Stage, eventually


def close_the_pot(stage: Stage) -> None:
    """The last evening of the pot, and the next morning."""
    stage.begin("The pot closes", 2020, 11, 15, 17, 30)
    qr = stage.cast.vouchers["Amira"]["qr"]
    body = scan_body(stage, CAVE, qr, "family_bonus", 2, 3, pay_cents=1500)
    last = redeem(stage, CAVE, body)
    stage.tell.say("On the last day Amira's family pays 15 € from the pot.")
    stage.tell.detail(f"{euros(last['pot_remaining_cents'])} left")
    stage.move_to(2020, 11, 16, 9, 0)
    refused(stage, "The next morning the pot pays no more.", lambda: redeem(stage, CAVE, body))
    eventually(lambda: _closed(stage), "the pot's closing")
    stage.tell.say("What was left goes back to the Region: the allowance first, then the money.")
    stage.cast.officer.post(f"/v1/redemptions/{last['id']}/cancellation")
    stage.tell.say(
        "An officer cancels yesterday's passage: its 15 € go to the Region too, not to the closed pot."
    )
    stage.tell.services()


def live_the_last_day(stage: Stage) -> None:
    """30 June 2021, and the day after."""
    stage.begin("The last day of the card", 2021, 6, 30, 11, 0)
    body = scan_body(stage, CAVE, stage.cast.vouchers["Élodie"]["qr"], "family", 2, 2)
    answer = redeem(stage, CAVE, body)
    stage.tell.say("Élodie's family uses its card on the last day.")
    stage.tell.detail(f"{euros(answer['reduction_cents'])} off")
    stage.move_to(2021, 7, 1, 11, 0)
    refused(stage, "On 1 July 2021 it is over.", lambda: redeem(stage, CAVE, body))
    stage.tell.services()


def account_for_every_cent(equation: dict[str, Any], tell: Narrator) -> None:
    """Print the money equation; raises AssertionError unless it is 0 and nothing is left on its way."""
    tell.say("The money equation, each term from its own table:")
    for name, cents in equation["terms"].items():
        tell.say(f"   {name:44} {euros(cents):>12}")
    tell.say(
        f"   {'wallet balance − allowance − what is on its way':44} {euros(equation['drift_cents']):>12}"
    )
    assert equation["drift_cents"] == 0, "the money equation holds"
    assert equation["faults"] == [], "no negative pot or allowance, no unbalanced transfer"


def _closed(stage: Stage) -> Any:
    pots = stage.cast.holders["Amira"].get(f"/v1/cards/{stage.cast.orders['Amira']['card_id']}/pot")
    return pots["pots"][0]["closed"] and pots["pots"][0]["remaining_cents"] == 0
