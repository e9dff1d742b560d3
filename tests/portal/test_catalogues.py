"""The catalogues: every sentence in both languages, with the same values, and none that no page says."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import portal
from portal.languages import CODES, LOCALES

FOLDER = Path(portal.__file__).parent
VALUE = re.compile(r"%\((\w+)\)s")
# Expressions, comments, tags, attributes that an expression makes, and characters by name.
NO_WORDS = re.compile(r"""\{%.*?%\}|\{#.*?#\}|\{\{.*?\}\}|<[^>]*>|[\w-]+="[^"]*"|&\w+;""", re.DOTALL)
SOURCES = [*FOLDER.rglob("*.html"), *FOLDER.rglob("*.py")]


def catalogues(code: str) -> dict[str, dict[str, list[str]]]:
    """For each file of a language: each name's sentence, or its forms."""
    return {path.stem: _sentences(path, code) for path in (LOCALES / code / "LC_MESSAGES").glob("*.po")}


def _sentences(path: Path, code: str) -> dict[str, list[str]]:
    with path.open("rb") as file:
        found = [message for message in read_po(file, locale=code) if message.id]
    return {
        one.id[0] if isinstance(one.id, tuple) else str(one.id): list(one.string)
        if isinstance(one.string, tuple)
        else [str(one.string)]
        for one in found
    }


def sentences(code: str) -> dict[str, list[str]]:
    """All of a language."""
    return {name: forms for file in catalogues(code).values() for name, forms in file.items()}


def test_a_sentence_stands_in_the_same_one_file_in_both_languages() -> None:
    french, english = ({n: list(file) for n, file in catalogues(code).items()} for code in CODES)
    assert french == english
    assert sum(map(len, french.values())) == len(sentences("fr"))


def test_both_languages_have_the_same_sentences_with_the_same_values() -> None:
    french, english = (sentences(code) for code in CODES)
    assert french.keys() == english.keys()
    for name in french:
        values = {tuple(sorted(VALUE.findall(form))) for form in (*french[name], *english[name])}
        assert len(values) == 1, name


@pytest.mark.parametrize("code", CODES)
def test_no_sentence_is_empty(code: str) -> None:
    assert [name for name, forms in sentences(code).items() if not all(forms)] == []


def test_every_sentence_that_a_page_says_is_there_and_every_one_there_is_said() -> None:
    text = "".join(path.read_text() for path in SOURCES)
    said = set(re.findall(r"(?:\bt|say|count|choice)\(\s*\"([\w.]+)\"", text))
    begun = tuple(name for name in said if name.endswith("."))
    listed = set(re.findall(r"\"(\w+\.\w+)\"", text))
    names = sentences("fr").keys()
    assert {name for name in said if "." in name and not name.endswith(".")} <= names
    assert {n for n in names if n not in said | listed and not n.startswith(begun)} == set()


def test_no_template_has_words_of_its_own() -> None:
    for path in FOLDER.rglob("*.html"):
        text = NO_WORDS.sub("", path.read_text())
        assert not re.search(r"[A-Za-zÀ-ÿ]", text), (path.name, text.split())
