"""A window of a real browser at one of our pages, and what must be true of each page that is looked at."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, ConsoleMessage, Page, Response

from tests.browser.axe import violations

PICTURES = Path(__file__).parents[2] / "var" / "browser"
HEIGHT_PX = 800
PATIENCE_MS = 15_000
# What Chromium writes of any answer from 400 on: the answers themselves are looked at instead.
OF_A_STATUS = "Failed to load resource: the server responded"


@dataclass(frozen=True, kw_only=True)
class View:
    """How somebody reads the site: pixels, language, colours, with or without scripts, enlarged or not."""

    width: int = 1280
    language: Literal["fr", "en"] = "fr"
    scheme: Literal["light", "dark"] = "light"
    has_scripts: bool = True
    zoom: int = 1

    def __str__(self) -> str:
        """As part of a picture's name: `360-fr-dark`."""
        more = [self.scheme] if self.scheme == "dark" else []
        more += [] if self.has_scripts else ["plain"]
        return "-".join([str(self.width), self.language, *more])


# Each width, language, colour and both with and without scripts, in few windows.
VIEWS = (
    View(width=360, language="fr"),
    View(width=1280, language="en"),
    View(width=360, language="en", scheme="dark"),
    View(width=1280, language="fr", scheme="dark"),
    View(width=360, language="fr", has_scripts=False),
)


@dataclass
class Window:
    """A window; `answers` are all that the browser was sent, `complaints` what it held against the page."""

    page: Page
    site: str
    view: View
    answers: list[Response] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str, status: int = 200) -> Page:
        """Go to one of our pages, by its address in the bar."""
        answer = self.page.goto(self.site + path)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"
        return self.page

    def look(self, name: str) -> None:
        """Keep a picture of the page as it is now, and hold it to what every page promises."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}-{self.view}.png", full_page=True)
        faults = self.faults()
        assert not faults, f"{name}-{self.view}:\n" + "\n".join(faults)

    def faults(self) -> list[str]:
        """What somebody would stumble over, and what the browser itself holds against the page."""
        language = self.page.locator("html").get_attribute("lang")
        foreign = [] if language == self.view.language else [f"in another language: {language}"]
        barred = violations(self.page) if self.view.has_scripts else []
        return [*foreign, *too_wide(self.page), *barred, *self._heard()]

    def _heard(self) -> list[str]:
        """Errors on the console, parts that did not come, and whatever was asked of somebody else."""
        parts = [one for one in self.answers if not one.request.is_navigation_request()]
        missing = [f"{one.url}: {one.status}" for one in parts if one.status >= 400]
        return [*self.complaints, *missing]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(OF_A_STATUS):
            self.complaints.append(message.text)

    def _see_request(self, url: str) -> None:
        if not url.startswith((f"{self.site}/", f"blob:{self.site}/")):
            self.complaints.append(f"asked of somebody else: {url}")

    def listen(self) -> None:
        """Begin to note what comes."""
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._see_request(request.url))
        self.page.on("response", lambda answer: self.answers.append(answer))


@contextmanager
def opened(browser: Browser, site: str, view: View) -> Iterator[Window]:
    """A window of somebody who was never here."""
    context = browser.new_context(
        viewport={"width": view.width, "height": HEIGHT_PX},
        device_scale_factor=view.zoom,
        locale=view.language,
        color_scheme=view.scheme,
        java_script_enabled=view.has_scripts,
    )
    context.set_default_timeout(PATIENCE_MS)
    window = Window(context.new_page(), site, view)
    window.listen()
    try:
        yield window
    finally:
        context.close()


def too_wide(page: Page) -> list[str]:
    """What stands out on the right, so that the page must be moved sideways to be read."""
    found: list[str] = page.evaluate(
        """() => {
            const root = document.documentElement;
            if (root.scrollWidth <= root.clientWidth) return [];
            return [...document.querySelectorAll("body *")]
                .filter(one => one.getBoundingClientRect().right > root.clientWidth)
                .map(one => one.outerHTML.slice(0, 100));
        }"""
    )
    return found
