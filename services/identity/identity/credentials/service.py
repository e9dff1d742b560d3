"""The entrypoints of `identity` for signing in and out; `IdentityService` has them with all others."""

from chassis.database.engine import Database
from chassis.service import every, rpc
from contracts import identity as shapes
from identity.credentials import (
    client_sign_in,
    lasting_sign_ins,
    login_codes,
    renewing,
    staff_sign_in,
    throttling,
)
from identity.credentials.sign_in import Gate
from identity.settings import Settings


class SignInCalls:
    """Tokens, the codes that are mailed for them, and their end."""

    settings: Settings
    db: Database

    @rpc
    def issue_client_token(self, *, client_id: str, client_secret: str) -> shapes.Token:
        """Client credentials of a partner or device."""
        return client_sign_in.issue_client_token(
            self._gate(), client_id=client_id, client_secret=client_secret
        )

    @rpc
    def issue_password_token(self, *, username: str, password: str, new_password: str | None) -> shapes.Token:
        """Staff sign-in."""
        return staff_sign_in.issue_password_token(
            self._gate(), username=username, password=password, new_password=new_password
        )

    @rpc
    def issue_email_code_token(self, *, email: str, code: str) -> shapes.Token:
        """Holder sign-in."""
        return login_codes.issue_email_code_token(self._gate(), email=email, code=code)

    @rpc
    def issue_renewed_token(self, *, refresh_token: str) -> shapes.Token:
        """A sign-in that goes on."""
        return renewing.issue_renewed_token(self._gate(), refresh_token=refresh_token)

    @rpc
    def end_sign_in(self, *, refresh_token: str) -> None:
        """Sign out."""
        with self.db.transaction() as session:
            renewing.end_sign_in(session, refresh_token=refresh_token)

    @rpc
    def request_login_code(self, *, email: str) -> None:
        """Have a code mailed."""
        with self.db.transaction() as session:
            login_codes.request_login_code(session, email=email)

    @rpc
    def get_login_code(self, *, login_code_id: str) -> shapes.MailedCode:
        """The code to mail."""
        key = self.settings.fingerprint_key
        with self.db.transaction() as session:
            return login_codes.get_login_code(session, key, login_code_id=login_code_id)

    @every(seconds=600)
    def drop_what_is_over(self) -> None:
        """Keep sign-ins, attempts and codes no longer than they serve."""
        with self.db.transaction() as session:
            throttling.drop_old_attempts(session)
            login_codes.drop_old_codes(session)
            lasting_sign_ins.drop_what_is_over(session)

    def _gate(self) -> Gate:
        jwk, key = self.settings.token_signing_key, self.settings.fingerprint_key
        return Gate(transaction=self.db.transaction, signing_jwk=jwk, key=key)
