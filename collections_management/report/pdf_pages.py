"""Putting pages together: stamps on PDF pages, without touching what is printed on them.

A stamp is a page of another document that becomes a form, drawn as often as needed and stored
once. Lengths are points (1/72 inch), from the lower left corner of the paper.
"""

import io
import re
from typing import NamedTuple

from odoo.tools.pdf import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    PdfReader,
    PdfWriter,
)
from odoo.tools.pdf import generic as pdf_objects

MM = 72 / 25.4
# A mark is a tiny box, nearly white, of a colour nobody prints: its blue tells which mark it is.
MARK_RED, MARK_GREEN, MARK_BLUE = 252, 254, 253
MARK_MOST = 99
FILL = re.compile(rb"(0\.988\d*) (0\.996\d*) ([\d.]+) (?:scn|rg|sc)\b")


class Stamp(NamedTuple):
    """A form to draw: its reference, and where its page's lower left corner comes to lie."""

    form: object
    x: float = 0
    y: float = 0
    scale: float = 1


def mark_style(number):
    """Return the colour of a mark as CSS."""
    if not 0 <= number <= MARK_MOST:
        raise ValueError(f"mark {number}")
    return f"rgb({MARK_RED},{MARK_GREEN},{MARK_BLUE - number})"


def _to_mark(colours):
    red, green, blue = (round(float(value) * 255) for value in colours)
    return MARK_BLUE - blue if (red, green) == (MARK_RED, MARK_GREEN) else None


def count_pages(reader, documents):
    """Return how many pages each of the documents takes, each of which begins with its mark.

    :raise ValueError: when a mark is missing
    """
    counts = []
    for page in reader.pages:
        for match in FILL.finditer(page.get_contents().get_data()):
            if _to_mark(match.groups()) == len(counts):
                counts.append(0)
        if not counts:
            raise ValueError("the first document has no mark")
        counts[-1] += 1
    if len(counts) != documents or not all(counts):
        raise ValueError(f"{len(counts)} marks of {documents} documents")
    return counts


def find_mark(page, number):
    """Return ``(bottom, width)`` of a mark on a page, in points."""
    found, wanted = [], False

    def visit(operator, operands, matrix, _text_matrix):
        nonlocal wanted
        if operator in (b"scn", b"rg", b"sc") and len(operands) == 3:
            wanted = _to_mark(operands) == number
        elif operator == b"re" and wanted:
            _x, y, width, height = (float(value) for value in operands)
            a, _b, _c, d, _e, f = matrix
            found.append((min(d * y + f, d * (y + height) + f), a * width))

    page.extract_text(visitor_operand_before=visit)
    if not found:
        raise ValueError(f"mark {number} is not on the page")
    return found[-1]


def _escape(text):
    """Return a text as a PDF string of WinAnsi letters holds it."""
    text = text.encode("cp1252", "replace").decode("cp1252")
    return re.sub(r"([()\\])", r"\\\1", text)


class Composer:
    """Collects stamped pages into one document."""

    def __init__(self):
        self.writer = PdfWriter()
        self.save = self._add_stream(b"q\n")
        self.font = self.writer._add_object(
            DictionaryObject(
                {
                    NameObject("/Type"): NameObject("/Font"),
                    NameObject("/Subtype"): NameObject("/Type1"),
                    NameObject("/BaseFont"): NameObject("/Helvetica"),
                    NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
                }
            )
        )

        self.pale = self.writer._add_object(
            DictionaryObject({NameObject("/ca"): pdf_objects.FloatObject(0.15)})
        )

    def _add_stream(self, data, values=None):
        stream = DecodedStreamObject()
        stream.set_data(data)
        stream = stream.flate_encode()
        stream.update(values or {})
        return self.writer._add_object(stream)

    def make_form(self, page):
        """Return a reference to a page of another document as a form."""
        values = {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Form"),
            NameObject("/BBox"): ArrayObject(NumberObject(v) for v in page.mediabox),
            NameObject("/Resources"): page["/Resources"].get_object().clone(self.writer),
        }
        return self._add_stream(page.get_contents().get_data(), values)

    def add(self, page, stamps=(), texts=(), watermark=""):
        """Add a page with stamps, short Latin texts ``(text, right edge, y, size)`` and pale words
        across it."""
        page = self.writer.add_page(page)
        resources = DictionaryObject(page["/Resources"].get_object())
        drawn = [b"Q\n"]
        if stamps:
            forms = DictionaryObject(resources.get("/XObject", DictionaryObject()).get_object())
            for number, stamp in enumerate(stamps):
                forms[NameObject(f"/Stamp{number}")] = stamp.form
                place = f"{stamp.scale:.4f} 0 0 {stamp.scale:.4f} {stamp.x:.2f} {stamp.y:.2f}"
                drawn.append(f"q {place} cm /Stamp{number} Do Q\n".encode())
            resources[NameObject("/XObject")] = forms
        if watermark:
            states = DictionaryObject(resources.get("/ExtGState", DictionaryObject()).get_object())
            states[NameObject("/Pale")] = self.pale
            resources[NameObject("/ExtGState")] = states
            size = min(70, 900 / len(watermark))
            place = f"/Pale gs BT /Stamped {size:.0f} Tf 0.71 0.71 -0.71 0.71 130 200 Tm"
            drawn.append(f"q 0.4 g {place} ({_escape(watermark)}) Tj ET Q\n".encode("cp1252"))
        if texts or watermark:
            fonts = DictionaryObject(resources.get("/Font", DictionaryObject()).get_object())
            fonts[NameObject("/Stamped")] = self.font
            resources[NameObject("/Font")] = fonts
            for text, right, y, size in texts:
                left = right - len(text) * size * 0.5
                place = f"BT /Stamped {size} Tf {left:.2f} {y:.2f} Td"
                drawn.append(f"q 0.4 g {place} ({_escape(text)}) Tj ET Q\n".encode("cp1252"))
        page[NameObject("/Resources")] = resources
        contents = page["/Contents"]
        if not isinstance(contents, ArrayObject):
            contents = ArrayObject([page.raw_get("/Contents")])
        page[NameObject("/Contents")] = ArrayObject(
            [self.save, *contents, self._add_stream(b"".join(drawn))]
        )

    def get_pdf(self):
        """Return the document."""
        buffer = io.BytesIO()
        self.writer.write(buffer)
        return buffer.getvalue()


def read(pdf):
    """Return a reader of a document."""
    return PdfReader(io.BytesIO(pdf), strict=False)


def join(pdfs, ranges=None):
    """Return one document out of several.

    :param ranges: ``[(index of the document, first page, number of pages)]`` in the wanted order;
        default: all of them as they stand
    """
    writer, readers = PdfWriter(), [read(pdf) for pdf in pdfs]
    if ranges is None:
        ranges = [(index, 0, len(reader.pages)) for index, reader in enumerate(readers)]
    for index, first, count in ranges:
        for page in readers[index].pages[first : first + count]:
            writer.add_page(page)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()
