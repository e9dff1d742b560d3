"""Whether what is missing could be fetched: the Debian mirror and the package index configured here."""

import configparser
import os
import re
import tempfile
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from devstack.host import apt
from devstack.host.facts import Fact, said
from devstack.host.installed import is_whole
from devstack.host.packages import CHECKS, missing
from devstack.programmes import PROJECT

APT_HELPER = "/usr/lib/apt/apt-helper"
ASK_TIMEOUT_S = 10.0


def mirror() -> Fact:
    """The first source of apt, fetched by apt's own means, proxies and all."""
    if not apt.can_install():
        return Fact("not asked: nothing is installed by us here (not root, or no Debian)")
    first = re.search(r"'([^']+)'", said(["apt-get", "--print-uris", "update"]) or "")
    if first is None:
        return Fact("apt has no sources", _if_wanted("apt has no sources: see /etc/apt/sources.list.d."))
    place = _place(first[1])
    with tempfile.TemporaryDirectory() as folder:
        if said([APT_HELPER, "download-file", first[1], f"{folder}/file"]) is not None:
            return Fact(f"{place} answers")
    return Fact(f"{place} does NOT answer", _if_wanted(f"The Debian mirror {place} does not answer."))


def index() -> Fact:
    """The package index; any answer will do, as some want to know first who asks."""
    url = index_url()
    request = urllib.request.Request(f"{url.rstrip('/')}/uv/")  # noqa: S310 - from configuration
    try:
        with urllib.request.urlopen(request, timeout=ASK_TIMEOUT_S):  # noqa: S310
            return Fact(f"{_place(url)} answers")
    except urllib.error.HTTPError as answer:
        return Fact(f"{_place(url)} answers ({answer.code})")
    except (OSError, ValueError) as error:
        found = f"{_place(url)} does NOT answer"
        return Fact(found, "" if is_whole() else f"The package index {found}: {error}.")


def index_url(environ: Mapping[str, str] = os.environ) -> str:
    """The one that uv and pip are told to use, else the one that uv.lock was made from."""
    named = (environ.get(name) for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"))
    return next((url for url in (*named, *_configured(environ)) if url), "") or _locked()


def _configured(environ: Mapping[str, str]) -> Iterator[str]:
    """From pip.conf, of the user first (pip's documentation names the places)."""
    home = environ.get("HOME", "/")
    places = [environ.get("PIP_CONFIG_FILE", ""), f"{home}/.config/pip/pip.conf", f"{home}/.pip/pip.conf"]
    for place in (*places, "/etc/pip.conf", "/etc/xdg/pip/pip.conf"):
        parser = configparser.RawConfigParser()
        try:
            parser.read(place)
        except (OSError, configparser.Error):
            continue
        yield parser.get("install", "index-url", fallback=parser.get("global", "index-url", fallback=""))


def _locked() -> str:
    packages = tomllib.loads((PROJECT / "uv.lock").read_text())["package"]
    return next(str(one["source"]["registry"]) for one in packages if "registry" in one["source"])


def _if_wanted(trouble: str) -> str:
    """Only in the way where something must be fetched from there."""
    return trouble if missing(list(CHECKS)) else ""


def _place(url: str) -> str:
    """Without the user and the password that a URL may have."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
