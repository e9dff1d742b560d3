"""A plain name for any folder: some servers hand paths to a shell as they are, quotes, spaces and all."""

import hashlib
import os
import re
from pathlib import Path

from devstack.errors import DevstackError

# Not TMPDIR, whose own name may be no better.
LINKS_HOME = Path("/tmp")  # noqa: S108 - the folder in there is ours alone
PLAIN = re.compile(r"[A-Za-z0-9._/+@=-]+")


def plain(folder: Path) -> Path:
    """The folder itself where any shell takes its name as it is, else a link to it. Raises DevstackError."""
    if PLAIN.fullmatch(str(folder)):
        return folder
    link = _links() / hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    link.unlink(missing_ok=True)
    link.symlink_to(folder)
    return link


def forget_plain(folder: Path) -> None:
    """Remove what `plain` made for a folder, if it made anything."""
    if not PLAIN.fullmatch(str(folder)):
        plain(folder).unlink()


def _links() -> Path:
    """Ours alone, as who may change a link there could send our data elsewhere."""
    links = LINKS_HOME / f"devstack-{os.geteuid()}"
    links.mkdir(mode=0o700, exist_ok=True)
    seen = links.lstat()
    if links.is_symlink() or seen.st_uid != os.geteuid() or seen.st_mode & 0o022:
        raise DevstackError(
            f"{links} is not ours alone: remove it, or start from a folder with a plain name."
        )
    return links
