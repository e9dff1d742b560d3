"""A page as its reader has it: headings, fields, labels, links, and what is loaded."""

import itertools
from dataclasses import dataclass, field
from html.parser import HTMLParser

FIELDS = ("input", "select", "textarea")


@dataclass
class Page(HTMLParser):
    """What a page has; ``tags`` are names and attributes in their order."""

    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        """All words, with single spaces."""
        return " ".join(" ".join(self.words).split())

    def all(self, *names: str) -> list[dict[str, str]]:
        """The attributes of all tags of these names."""
        return [attributes for tag, attributes in self.tags if tag in names]


def read(html: str) -> Page:
    """The page of this text."""
    page = Page()
    page.feed(html)
    return page


def faults_of(page: Page) -> list[str]:
    """What a reader with a screen reader or a keyboard would stumble over."""
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    labelled = {label.get("for") for label in page.all("label")}
    levels = [int(tag[1]) for tag, _ in page.tags if tag in ("h1", "h2", "h3", "h4")]
    described = {word for _, a in page.tags for word in a.get("aria-describedby", "").split()}
    fields = [one for one in page.all(*FIELDS) if one.get("type") != "hidden"]
    found = [f"{one.get('id')} has no label" for one in fields if one.get("id") not in labelled]
    found += [f"{one} is described by nothing" for one in described - set(ids)]
    found += [f"id {one} twice" for one in set(ids) if ids.count(one) > 1]
    found += [f"h{b} after h{a}" for a, b in itertools.pairwise(levels) if b > a + 1]
    found += ["not one h1"] if levels.count(1) != 1 else []
    found += ["no language"] if not page.all("html")[0].get("lang") else []
    return found
