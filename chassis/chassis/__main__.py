"""``python -m chassis run|prepare|redrive|replay SERVICE``, ``… verify-audit SERVICE [HASH]``."""

import sys
import warnings

# eventlet says at import that it is in maintenance; that is known and decided (ADR 0002).
warnings.filterwarnings("ignore", message="(?s).*Eventlet is deprecated.*")

if sys.argv[1:2] == ["run"]:
    import eventlet

    # Before anything else imports a socket, a lock or psycopg2.
    eventlet.monkey_patch()


def main() -> None:
    """Do what the first argument says for the service that the second names."""
    match sys.argv[1:]:
        case ["run", name]:
            from chassis.runner import run

            run(name)
        case ["prepare", name]:
            from chassis.preparing import prepare

            prepare(name)
        case ["redrive", name]:
            from chassis.events.redriving import redrive

            print(f"{name}: {redrive(name)} message(s) put back")
        case ["replay", name]:
            from os import environ

            from chassis.database.engine import Database
            from chassis.events.replaying import replay
            from chassis.settings import required

            database = Database(required("DATABASE_URL", environ), name="replay", pool_size=1)
            print(f"{name}: {replay(database)} event(s) will be announced again")
        case ["verify-audit", name, *expected] if len(expected) < 2:
            from chassis.audit.verifying import main as verify_audit

            raise SystemExit(verify_audit(name, *expected))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
