"""Tokens, partner sites, staff and devices. Secrets are shown once."""

from gateway.schemas.base import Answer, Request, instant, maybe_text, text, texts, whole
from gateway.schemas.fields import Choice, Email, Many, Text, Typed, absent, identifier, slug

SECRET_CHARACTERS_MAX = 200
# Letters and digits, in groups if the person typed it so.
ENROLMENT_CODE = "^[0-9A-Za-z][0-9A-Za-z -]{4,18}[0-9A-Za-z]$"
PROVIDER_ROLES = ("provider_manager", "provider_desk")
EMAIL_CODE_GRANT = "urn:occygene:email-code"


class ClientCredentialsRequest(Request):
    """Partners and devices (RFC 6749 §4.4); id and secret here or as HTTP Basic."""

    grant_type = Choice("client_credentials", required=True)
    client_id = Text(100, required=True)
    client_secret = Text(SECRET_CHARACTERS_MAX, required=True)
    scope = Text(500, metadata={"description": "Ignored: a credential has its scopes."})


class PasswordRequest(Request):
    """Staff; `new_password` replaces a one-time password."""

    grant_type = Choice("password", required=True)
    username = Typed(254, required=True)
    password = Text(SECRET_CHARACTERS_MAX, required=True)
    new_password = Text(SECRET_CHARACTERS_MAX, min_length=12, load_default=absent)
    scope = Text(500, metadata={"description": "Ignored: a credential has its scopes."})


class EmailCodeRequest(Request):
    """Holders, with the code that was mailed."""

    grant_type = Choice(EMAIL_CODE_GRANT, required=True)
    email = Email(required=True)
    code = Typed(10, pattern="^[0-9]{4,10}$", required=True)
    scope = Text(500, metadata={"description": "Ignored: a credential has its scopes."})


class TokenAnswer(Answer):
    """An access token (RFC 6749 §5.1)."""

    access_token = text()
    token_type = text(metadata={"enum": ["Bearer"]})
    expires_in = whole()
    scope = text()


class CallerAnswer(Answer):
    """Whom the token belongs to: `kind` is holder, staff, device or partner, `role` is of staff."""

    kind = text(metadata={"enum": ["holder", "staff", "device", "partner"]})
    role = maybe_text()
    provider_id = maybe_text()
    site_id = maybe_text()
    channel = maybe_text()
    organisation = maybe_text()
    programmes = texts()
    scopes = texts()


class LoginCodeRequest(Request):
    """Where to mail the code."""

    email = Email(required=True)


class PartnerRequest(Request):
    """A partner site that may place orders through its channel."""

    name = Text(120, required=True)
    channel = slug(required=True)


class PartnerAnswer(Answer):
    """A new partner; the secret is shown this once."""

    partner_id = text()
    name = text()
    channel = text()
    client_id = text()
    client_secret = text()


class StaffRequest(Request):
    """A staff account; `provider_id` for a provider's manager or desk, `organisation` for an office's officer."""

    email = Email(required=True)
    role = Choice("officer", "office_officer", *PROVIDER_ROLES, required=True)
    programmes = Many(slug(), 20, unique=True, load_default=list)
    provider_id = identifier(load_default=None, allow_none=True)
    organisation = Text(120, load_default=None, allow_none=True)


class StaffAnswer(Answer):
    """A new account; the one-time password is shown this once and must be changed at the first sign-in."""

    staff_id = text()
    email = text()
    role = text()
    one_time_password = text()


class DeviceRequest(Request):
    """A device to be enrolled at a site."""

    site_id = identifier(required=True)
    label = Text(80, required=True)


class EnrolmentCodeAnswer(Answer):
    """The one-time code to type into the device."""

    device_id = text()
    provider_id = text()
    site_id = text()
    enrolment_code = text()
    expires_at = instant()


class EnrolmentRequest(Request):
    """The one-time code."""

    enrolment_code = Typed(20, min_length=6, pattern=ENROLMENT_CODE, required=True)


class DeviceAnswer(Answer):
    """An enrolled device with its credential, shown this once."""

    device_id = text()
    provider_id = text()
    site_id = text()
    client_id = text()
    client_secret = text()
