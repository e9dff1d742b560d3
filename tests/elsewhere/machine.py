"""How this machine reaches Debian and PyPI, so that a root reaches them the same way."""

import os
import re
import shutil
import subprocess
from pathlib import Path

ORDINARY_MIRROR = "http://deb.debian.org/debian"
ASK_TIMEOUT_S = 30

# Files that say how names, indexes and certificates are found; those that are here are copied.
COPIED = ("etc/resolv.conf", "etc/hosts", "etc/pip.conf", "etc/uv/uv.toml")
CERTIFICATES = "usr/local/share/ca-certificates"
APT_SETTINGS = ("Acquire::http", "Acquire::https", "Acquire::Check-", "Acquire::Retries")

# Variables that say the same; folders of packages that they might name stay on this machine.
CARRIED = (
    *("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
    *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CERT", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT"),
    *("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_NATIVE_TLS", "UV_HTTP_TIMEOUT"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
)


def mirror() -> str:
    """The archive that this machine's own apt reads its base from, or Debian's ordinary one."""
    form = "$(RELEASE) $(COMPONENT) $(REPO_URI)"
    asked = ["apt-get", "indextargets", "--no-release-info", "--format", form, "Created-By: Packages"]
    told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    lines = [line.split() for line in told.splitlines()]
    ours = [words[2] for words in lines if words[:2] == [_codename(), "main"]]
    return next((uri.rstrip("/") for uri in ours if uri.startswith("http")), ORDINARY_MIRROR)


def what_is_wrong_with(archive: str, suite: str) -> str:
    """Why the archive cannot give the suite; empty when it can. Asked by wget, as debootstrap asks."""
    address = f"{archive}/dists/{suite}/InRelease"
    command = ["wget", "--no-verbose", "--spider", f"--timeout={ASK_TIMEOUT_S}", "--tries=2", address]
    asked = subprocess.run(command, env=fetching(), capture_output=True, text=True, check=False)
    return " ".join([f"{archive} does not give {suite}:", *asked.stderr.split()]) if asked.returncode else ""


def fetching() -> dict[str, str]:
    """The environment for what fetches from the archive outside of apt: apt's own proxy holds for it too."""
    proxy = re.search(r'^Acquire::http::Proxy "(http.+)";$', _apt_settings(), re.MULTILINE)
    return {**({"http_proxy": proxy[1]} if proxy else {}), **os.environ}


def settle_in(root: Path) -> None:
    """Give a root this machine's ways to its mirrors."""
    for name in COPIED:
        if (here := Path("/", name)).is_file():
            _copy(here, root / name)
    for certificate in Path("/", CERTIFICATES).rglob("*.crt"):
        _copy(certificate, root / CERTIFICATES / certificate.name)
    (root / "etc/apt/apt.conf.d/90elsewhere").write_text(_apt_settings())


def environment() -> dict[str, str]:
    """A clean environment for what runs in a root: a home of its own, and the ways to the mirrors."""
    return {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        # The platform itself is never asked through a proxy.
        "no_proxy": "127.0.0.1,localhost",
        **{name: os.environ[name] for name in CARRIED if name in os.environ},
    }


def _codename() -> str:
    lines = Path("/etc/os-release").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line).get("VERSION_CODENAME", "")


def _apt_settings() -> str:
    told = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    return "".join(line for line in told.splitlines(keepends=True) if line.startswith(APT_SETTINGS))


def _copy(source: Path, target: Path) -> None:
    """The text, not the link: what a link names is not in the root."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    shutil.copyfile(source, target)
