"""Makes an officer's account from the command line: `python -m identity.create_officer --email EMAIL`.

The first officer cannot be made through the API, which asks for an officer. The one-time password is
printed this once; whoever has it must choose another at the first sign-in.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import redirect_stdout
from os import environ

from sqlalchemy.orm import Session

from chassis.clock import use_offset_file
from chassis.database.engine import Database
from chassis.settings import SettingsError, read_settings
from contracts.identity import StaffCredential
from contracts.refusals import Refusal, sentence
from identity.credentials.staff import NewStaff, add_staff
from identity.input_rules import check_email, normalise_email
from identity.settings import Settings


def create_officer(session: Session, email: str) -> StaffCredential:
    """Add an officer's account; refuses an address that has one."""
    address = normalise_email(check_email("email", email))
    return add_staff(session, NewStaff(email=address, role="officer"), created_by="create_officer")


def main(arguments: Sequence[str] | None = None) -> int:
    """Create the account and print its one-time password alone on standard output."""
    parser = ArgumentParser(prog="python -m identity.create_officer", description=__doc__)
    parser.add_argument("--email", required=True, help="what the officer signs in with")
    email = parser.parse_args(arguments).email
    try:
        settings = read_settings(Settings, environ)
        use_offset_file(settings.clock_file)
        database = Database(settings.database_url, pool_size=1)
        # Standard output is the password's alone, so what is logged goes to the other one.
        with redirect_stdout(sys.stderr), database.transaction() as session:
            password = create_officer(session, email)["one_time_password"]
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except Refusal as refusal:
        words = sentence(refusal.code, {"field": refusal.field, **refusal.details})
        print(f"{words.fr}\n{words.en}", file=sys.stderr)
        return 1
    print(password)
    return 0


if __name__ == "__main__":
    sys.exit(main())
