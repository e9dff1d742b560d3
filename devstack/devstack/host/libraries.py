"""The libraries and fonts that vouchers are drawn with, asked as the renderer asks: by loading them."""

import ctypes
import os
import sys
from collections.abc import Iterator
from typing import Any

from devstack.host.programs import HOMEBREW

# Linux's name and macOS' name of each. Without the last, WeasyPrint puts whole fonts into vouchers.
LIBRARIES = {
    "GObject": ("libgobject-2.0.so.0", "libgobject-2.0.0.dylib"),
    "Pango": ("libpango-1.0.so.0", "libpango-1.0.0.dylib"),
    "PangoFT2": ("libpangoft2-1.0.so.0", "libpangoft2-1.0.0.dylib"),
    "Fontconfig": ("libfontconfig.so.1", "libfontconfig.1.dylib"),
    "HarfBuzz": ("libharfbuzz.so.0", "libharfbuzz.0.dylib"),
    "HarfBuzz's subsetter": ("libharfbuzz-subset.so.0", "libharfbuzz-subset.0.dylib"),
}
# Homebrew has no WenQuanYi.
CHINESE = "Noto Sans CJK SC" if sys.platform == "darwin" else "WenQuanYi Micro Hei"
# What voucher.css names.
FONTS = ("Open Sans", "DejaVu Sans", "DejaVu Sans Mono", CHINESE)


def library_path() -> dict[str, str]:
    """The variable by which programs on macOS find Homebrew's libraries; none is needed elsewhere."""
    if sys.platform != "darwin":
        return {}
    return {"DYLD_FALLBACK_LIBRARY_PATH": os.pathsep.join(f"{prefix}/lib" for prefix in HOMEBREW)}


def missing_libraries() -> str:
    """Which of them cannot be loaded, as a sentence; empty when all can."""
    missing = [f"{name} ({LIBRARIES[name][0]})" for name in LIBRARIES if _load(name) is None]
    return f"Libraries that do not load: {', '.join(missing)}." if missing else ""


def missing_fonts() -> str:
    """Which fonts would be drawn with another, as a sentence; empty when all are here."""
    missing = [family for family in FONTS if _drawn_with(family) != family]
    return f"Fonts that Fontconfig does not know: {', '.join(missing)}." if missing else ""


def characters(pattern: str) -> set[int]:
    """The code points of the font that Fontconfig takes for a pattern such as ``DejaVu Sans:bold``."""
    library, match = _match(pattern)
    known = ctypes.c_void_p()
    if not match or library.FcPatternGetCharSet(match, b"charset", 0, ctypes.byref(known)) != 0:
        return set()
    return {code for code in range(sys.maxunicode + 1) if library.FcCharSetHasChar(known, code)}


def _load(name: str) -> ctypes.CDLL | None:
    for candidate in _candidates(name):
        try:
            return ctypes.CDLL(candidate)
        except OSError:
            continue
    return None


def _candidates(name: str) -> Iterator[str]:
    linux, macos = LIBRARIES[name]
    if sys.platform != "darwin":
        yield linux
        return
    yield macos
    yield from (f"{prefix}/lib/{macos}" for prefix in HOMEBREW)


def _drawn_with(family: str) -> str:
    """The family that Fontconfig answers when this one is asked for."""
    library, match = _match(family)
    answer = ctypes.c_char_p()
    if match and library.FcPatternGetString(match, b"family", 0, ctypes.byref(answer)) == 0:
        return (answer.value or b"").decode()
    return ""


def _match(pattern: str) -> tuple[Any, ctypes.c_void_p]:
    """Fontconfig and the font that it takes for a pattern (FcFontMatch(3)); neither without Fontconfig."""
    library = _load("Fontconfig")
    if library is None:
        return None, ctypes.c_void_p()
    for name in ("FcInitLoadConfigAndFonts", "FcNameParse", "FcFontMatch"):
        getattr(library, name).restype = ctypes.c_void_p
    configuration = ctypes.c_void_p(library.FcInitLoadConfigAndFonts())
    wanted = ctypes.c_void_p(library.FcNameParse(pattern.encode()))
    library.FcConfigSubstitute(configuration, wanted, 0)
    library.FcDefaultSubstitute(wanted)
    result = ctypes.c_int()
    return library, ctypes.c_void_p(library.FcFontMatch(configuration, wanted, ctypes.byref(result)))
