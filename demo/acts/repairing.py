"""A mistyped address: the voucher went to nobody, and is sent again once the right address is confirmed."""

import re
from collections.abc import Callable

from demo import people
from demo.acts.vouchers import has_pdf, read_voucher
from demo.stage import Stage
from sandbox.reading import Mail, wait_for_mails


def correct_a_mistyped_address(stage: Stage) -> None:
    """7 July 2020: Lucas calls the tourist office; nobody else is needed."""
    stage.begin("A mistyped address is corrected", 2020, 7, 7, 11, 0)
    lucas, office = stage.cast.orders["Lucas"], stage.cast.partners["tourist_office"]
    wrong, right = lucas["email"], people.LUCAS["email"]
    _wait_for(stage, wrong, has_pdf)
    stage.tell.say(f"Lucas waits in vain: his voucher went to {wrong}. He calls the tourist office.")

    office.post(f"/v1/orders/{lucas['id']}/email-changes", {"email": right})
    asked = _wait_for(stage, right, lambda mail: mail.subject.startswith("Confirmez cette adresse"))
    code = re.search(r"(?<!\d)\d{6}(?!\d)", asked.text)
    assert code, "the mail holds a code of 6 digits"
    office.post(f"/v1/orders/{lucas['id']}/email-changes/confirm", {"code": code.group()})
    lucas["email"] = right
    stage.tell.say("The office asks for the right address; Lucas reads out the code that arrives there.")

    told = _wait_for(stage, wrong, lambda mail: mail.subject.startswith("Adresse modifiée"))
    stage.tell.detail(f"the old address is told: “{told.subject}”")
    read_voucher(stage, "Lucas", right)
    stage.tell.services()


def _wait_for(stage: Stage, email: str, wanted: Callable[[Mail], bool]) -> Mail:
    return wait_for_mails(stage.platform.mail_folder, wanted, recipient=email, timeout_s=60)[-1]
