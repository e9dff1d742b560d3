#!/usr/bin/env bash
# WeasyPrint 69.0: a letter that no font has is not glyph 0 in the PDF, but a number beyond the embedded font's last glyph.
#
# What one would guess: the box of a missing letter is the font's first glyph, .notdef, number 0 (OpenType's table `glyf`), so that
# a test which finds no 0 among the glyphs drawn has shown that nothing is missing. Seen: an `A` and a letter of the private use
# area, drawn in one font. The letter gets the first number that the font does not use (so that its text can still be selected);
# readers draw .notdef for it. Output of 2026-11-29, Pango 1.50.12 and DejaVu 2.37 of Debian 12; the numbers depend on the font:
#
#     glyphs drawn: 36 6253
#     glyphs that the embedded font has: 37
#     a 0 among them: no
#
# So a test that looks for missing letters must look for both: 0, and what the font does not have. Takes about ten seconds; needs
# Pango, a font and PyPI; not root.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check weasyprint==69.0 pypdf==7.1.0

cat >draw.py <<'PY'
import io

from fontTools.ttLib import TTFont
from pypdf import PdfReader
from pypdf.generic import ContentStream
from weasyprint import HTML

pdf = HTML(string="<p style='font-family: DejaVu Sans'>A\ue000").write_pdf()
page = PdfReader(io.BytesIO(pdf)).pages[0]
drawn = [
    int.from_bytes(text.original_bytes[at : at + 2])
    for operands, operator in ContentStream(page.get_contents(), page.pdf).operations
    if operator == b"TJ"
    for text in operands[0]
    if hasattr(text, "original_bytes")
    for at in range(0, len(text.original_bytes), 2)
]
(font,) = page["/Resources"]["/Font"].values()
file = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]["/FontFile2"].get_data()
has = TTFont(io.BytesIO(file))["maxp"].numGlyphs
print("glyphs drawn:", *drawn)
print("glyphs that the embedded font has:", has)
print("a 0 among them:", "yes" if 0 in drawn else "no")
if len(drawn) != 2 or 0 in drawn or drawn[1] < has:
    raise SystemExit("CHANGED: this is not what was found")
PY
venv/bin/python draw.py
