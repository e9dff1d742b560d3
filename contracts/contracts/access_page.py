"""`docs/access.md`, made from the table of access: ``python -m contracts.access_page`` prints it."""

from collections.abc import Iterable

from contracts.access import CALLS, PEOPLE, SCOPES, SCOPES_BY_KIND, SCOPES_BY_ROLE, Access

ROLES = {**SCOPES_BY_ROLE, **SCOPES_BY_KIND}
_INTRODUCTION = """# Who may do what

Made from [access.py](../contracts/contracts/access.py) by `make docs`; `make check` fails when it lags
behind. Why it is so: [ADR 0022](adr/0022-one-table-of-access.md).

- A token is verified by the gateway and again by the service that is called, with local keys. It lives 15
  minutes: a revoked device gets no new one at once, and the one that it has ends within these 15 minutes.
- The owning service holds every call against its row here before the method runs; the gateway asks by the
  same row, earlier. Without a credential the answer is `not_authenticated` (401), with one that does not do
  `not_allowed` (403).
- "Whose" is judged by the owning service where it reads the object. Somebody else's does not exist:
  `not_found` (404).
- "Own programme": a member of staff whose account names programmes keeps to them; with none, works for all.
- A service calls another in its own name only where it stands in the last column.
- What the public API answers to each caller, own and other people's objects apart, is the table
  [table.py](../tests/e2e/access/table.py), which a test plays cell by cell.
"""


def document() -> str:
    """The whole page as Markdown."""
    return "\n".join([_INTRODUCTION, *_scopes(), "", *_calls()]) + "\n"


def _scopes() -> Iterable[str]:
    yield "## Scopes"
    yield ""
    yield _row("scope", "lets", *(f"`{role}`" for role in ROLES))
    yield _row(*["---"] * (len(ROLES) + 2))
    for scope, lets in SCOPES.items():
        yield _row(f"`{scope}`", lets, *("yes" if scope in carried else "" for carried in ROLES.values()))


def _calls() -> Iterable[str]:
    yield "## Calls"
    yield ""
    yield _row("call", "scope", "who", "whose", "services in their own name")
    yield _row(*["---"] * 5)
    for call, row in CALLS.items():
        scope = f"`{row.scope}`" if row.scope else "–"
        yield _row(
            f"`{call}`", scope, _who(row), row.whose.replace("-", "–"), ", ".join(sorted(row.services))
        )


def _who(row: Access) -> str:
    if row.open_to == PEOPLE:
        return "anyone" if row.scope is None else "anyone; with the scope more is done or shown"
    carriers = {role for role, carried in ROLES.items() if row.scope in carried} | row.open_to
    return ", ".join(sorted(carriers)) or "nobody"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print(document(), end="")
