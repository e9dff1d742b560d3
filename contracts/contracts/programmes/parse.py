"""From the text of programme files to programmes, or to a list of everything that is wrong in them."""

import tomllib
from collections.abc import Mapping
from typing import get_args
from zoneinfo import ZoneInfo

from contracts.programmes.cards import read_card_type, read_pot, read_usage_limit
from contracts.programmes.errors import Problem, ProgrammeError
from contracts.programmes.offers import read_category, read_offer_rule, read_provider_terms
from contracts.programmes.shape import Contact, Programme, UsesBelongTo
from contracts.programmes.table import Problems, Table

DEFAULT_REPEAT_WINDOW_S = 10
DEFAULT_UNDO_WINDOW_S = 15 * 60
DEFAULT_LATE_WINDOW_S = 15 * 60
MAX_REPEAT_WINDOW_S = 60 * 60
MAX_UNDO_WINDOW_S = 24 * 60 * 60
MAX_LATE_WINDOW_S = 30 * 24 * 60 * 60
# A live scan that says when it happened is late too, by the network and by what a device's clock is behind.
MIN_LATE_WINDOW_S = 2 * 60
_PROGRAMME_CODE = r"[a-z][a-z0-9-]{0,39}"


def read_programmes(sources: Mapping[str, str]) -> dict[str, Programme]:
    """Read programme files, given as file name (`<code>.toml`) → text, into programmes by code.

    Raises ProgrammeError with every mistake of every file: the key it stands at and what is wrong.
    """
    programmes: dict[str, Programme] = {}
    problems: list[Problem] = []
    for file, text in sources.items():
        try:
            programme = read_programme(file, text)
        except ProgrammeError as error:
            problems.extend(error.problems)
        else:
            programmes[programme.code] = programme
    if problems:
        raise ProgrammeError(problems)
    return programmes


def read_programme(file: str, text: str) -> Programme:
    """Read one programme file. Raises ProgrammeError with all its mistakes."""
    problems = Problems(file)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProgrammeError([Problem(file, "(file)", f"is not TOML: {error}")]) from error
    programme = _read_top(Table(values, "", problems))
    if found := problems.finish():
        raise ProgrammeError(found)
    return programme


def _read_top(top: Table) -> Programme:
    _note_contradictions(top)
    # Names first, so that a reference to a pot or a category is checked wherever it stands.
    card_types, pots, categories = (_names(top, key) for key in ("card_types", "pots", "categories"))
    top.require("card_types")
    terms = read_provider_terms(top.table_or_none("provider_terms"))
    has_label = terms.quality_label is not None
    return Programme(
        code=_read_code(top),
        name=top.label("name"),
        region=top.label("region"),
        timezone=_read_timezone(top),
        orders_open=top.day("orders_open"),
        orders_close=top.day("orders_close"),
        valid_from=top.day("valid_from"),
        valid_until=top.day("valid_until"),
        channels=top.codes("channels"),
        funder=top.text("funder"),
        contact=_read_contact(top.table("contact")),
        voucher_lines=tuple(row.words() for row in top.rows("voucher_lines")),
        repeat_window_s=top.integer_or("repeat_window_s", DEFAULT_REPEAT_WINDOW_S, 0, MAX_REPEAT_WINDOW_S),
        undo_window_s=top.integer_or("undo_window_s", DEFAULT_UNDO_WINDOW_S, 0, MAX_UNDO_WINDOW_S),
        late_window_s=top.integer_or(
            "late_window_s", DEFAULT_LATE_WINDOW_S, MIN_LATE_WINDOW_S, MAX_LATE_WINDOW_S
        ),
        uses_belong_to=top.choice_or("uses_belong_to", "household", get_args(UsesBelongTo)),
        card_types={c: read_card_type(c, t, top, pots) for c, t in top.tables("card_types").items()},
        pots={c: read_pot(c, t, top, categories) for c, t in top.tables("pots").items()},
        usage_limits={c: read_usage_limit(c, t, card_types) for c, t in top.tables("usage_limits").items()},
        offer_rules={
            c: read_offer_rule(c, t, categories, card_types) for c, t in top.tables("offer_rules").items()
        },
        categories={c: read_category(c, t, has_label) for c, t in top.tables("categories").items()},
        provider_terms=terms,
    )


def _note_contradictions(top: Table) -> None:
    top.in_order("orders_open", "orders_close")
    top.in_order("valid_from", "valid_until")
    top.in_order("orders_open", "valid_until")
    top.in_order("orders_close", "valid_until")
    if top.values.get("card_types") == {}:
        top.note("card_types", "must have at least one entry")


def _names(top: Table, key: str) -> list[str]:
    value = top.values.get(key)
    return list(value) if type(value) is dict else []


def _read_code(top: Table) -> str:
    code = top.text("code", _PROGRAMME_CODE)
    expected = top.problems.file.removesuffix(".toml")
    if code and code != expected:
        top.note("code", f"must be the file's name, {expected!r}, not {code!r}")
    return code


def _read_timezone(top: Table) -> str:
    name = top.text_or("timezone", "Europe/Paris")
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        top.note("timezone", f"is not a timezone: {name!r}")
    return name


def _read_contact(table: Table) -> Contact:
    return Contact(
        name=table.text("name"),
        email=table.text_or("email", None, r"[^@\s]+@[^@\s]+\.[^@\s]+"),
        phone=table.text_or("phone", None, r"\+[0-9]{6,15}"),
        website=table.text_or("website", None, r"https?://\S+"),
    )
