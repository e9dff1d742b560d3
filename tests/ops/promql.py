"""Which series a PromQL expression asks for, and by which labels: as much of a parser as the tests need."""

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?P<range>\[[^\]]*\])|(?P<number>[0-9][\w.]*)"""
    r"""|(?P<name>[A-Za-z_:][\w:]*)|(?P<op>=~|!~|!=|=|[{}(),])"""
)
_LABEL_LISTS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
_WORDS = {"and", "or", "unless", "bool", "offset", "NaN", "Inf", "sum", "max", "min", "avg", "count", "topk"}


@dataclass
class Asked:
    """``selectors``: metric and what its labels must equal (None: another kind of match); ``grouped``: labels
    of by, on and their like."""

    selectors: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    grouped: set[str] = field(default_factory=set)


def asked_by(expression: str) -> Asked:
    """What an expression (or the series of a `promtool` test) names."""
    tokens = [(match.lastgroup, match.group()) for match in _TOKEN.finditer(expression)]
    asked, place = Asked(), 0
    while place < len(tokens):
        kind, word = tokens[place]
        after = tokens[place + 1][1] if place + 1 < len(tokens) else ""
        place += 1
        if kind != "name":
            continue
        if word in _LABEL_LISTS and after == "(":
            labels, place = _until(tokens, place + 1, ")")
            asked.grouped.update(name for name_kind, name in labels if name_kind == "name")
        elif after == "{":
            matchers, place = _until(tokens, place + 1, "}")
            asked.selectors.append((word, _matched(matchers)))
        elif after != "(" and word not in _WORDS | _LABEL_LISTS:
            asked.selectors.append((word, {}))
    return asked


_Tokens = list[tuple[str | None, str]]


def _until(tokens: _Tokens, place: int, end: str) -> tuple[_Tokens, int]:
    stop = next(at for at in range(place, len(tokens)) if tokens[at][1] == end)
    return tokens[place:stop], stop + 1


def _matched(tokens: _Tokens) -> dict[str, str | None]:
    words = [word for _, word in tokens if word != ","]
    triples = zip(words[::3], words[1::3], words[2::3], strict=True)
    return {label: value[1:-1] if operator == "=" else None for label, operator, value in triples}
