"""The vouchers arrive: a mail, a PDF, a QR code that reads back, and the pot."""

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2
import zxingcpp
from pypdf import PdfReader

from demo.narrator import euros
from demo.stage import Stage
from sandbox.reading import Mail, wait_for_mails

RENDER_SCALE = 3


def receive_the_vouchers(stage: Stage) -> None:
    """A holder gets one mail with one voucher, if the address is right; Amira signs in and sees the pot."""
    stage.begin("The vouchers arrive by e-mail", 2020, 7, 7, 10, 5)
    for name in ("Élodie", "Amira"):
        read_voucher(stage, name, stage.cast.orders[name]["email"])
    sign_in(stage, "Amira")
    pots = stage.cast.holders["Amira"].get(f"/v1/cards/{stage.cast.orders['Amira']['card_id']}/pot")
    stage.tell.say(
        "Amira signs in with a code sent to her address and looks at her pot: 5 people at 70 €, capped."
    )
    stage.tell.detail(f"{euros(pots['remaining_cents'])} to spend until {pots['pots'][0]['spend_until']}")
    stage.tell.services()


def read_voucher(stage: Stage, name: str, email: str) -> dict[str, str]:
    """Wait for the holder's voucher, keep the PDF, read number, code and QR from it as a person would."""
    mail = wait_for_mails(stage.platform.mail_folder, has_pdf, recipient=email, timeout_s=60)[-1]
    pdf = next(attached for attached in mail.attachments if attached.media_type == "application/pdf")
    kept = stage.documents / f"voucher-{name}.pdf"
    kept.write_bytes(pdf.content)
    voucher = read_pdf(pdf.content)
    stage.cast.vouchers[name] = voucher
    stage.tell.say(f"{name} receives “{mail.subject}” with {pdf.name}.")
    stage.tell.detail(f"number ending {voucher['number'][-4:]}, QR code readable, kept as {shown(kept)}")
    return voucher


def read_pdf(content: bytes) -> dict[str, str]:
    """``number`` (16 digits), ``code`` (4 digits) and ``qr`` of a voucher, from its text and its picture."""
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    number = re.search(r"(?:\d{4}[\s\u00a0\u202f]){3}\d{4}", text)
    code = re.search(r"[Cc]ode\D{0,60}?(\d{4})(?!\d)", text)
    assert number, "the voucher shows its number"
    assert code, "the voucher shows its code"
    return {"number": re.sub(r"\D", "", number.group()), "code": code.group(1), "qr": _qr_of(content)}


def has_pdf(mail: Mail) -> bool:
    """Vouchers are the mails with a PDF."""
    return any(attached.media_type == "application/pdf" for attached in mail.attachments)


def sign_in(stage: Stage, name: str) -> None:
    """The holder signs in by a mailed code."""
    email = stage.cast.orders[name]["email"]

    def read_code() -> str:
        seen = stage.cast.orders[name].setdefault("codes_read", 0)
        mails = wait_for_mails(
            stage.platform.mail_folder, _has_code, count=seen + 1, recipient=email, timeout_s=30
        )
        stage.cast.orders[name]["codes_read"] = len(mails)
        found = re.search(r"(?<!\d)\d{6}(?!\d)", mails[-1].text)
        assert found, "the mail holds a code of 6 digits"
        return found.group()

    stage.cast.holders[name] = stage.api.holder(name, email, read_code)


def shown(path: Path) -> str:
    """A path as seen from where the demo was started."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return path.name


def _has_code(mail: Mail) -> bool:
    return not mail.attachments and bool(re.search(r"(?<!\d)\d{6}(?!\d)", mail.text))


def _qr_of(content: bytes) -> str:
    document: Any = pypdfium2.PdfDocument(content)
    picture = document[0].render(scale=RENDER_SCALE).to_pil()
    document.close()
    found = zxingcpp.read_barcodes(picture)
    assert found, "the voucher's QR code can be read"
    return str(found[0].text)
