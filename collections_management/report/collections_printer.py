import base64
import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from lxml import etree, html
from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import config, file_path

from odoo.addons.base.models.ir_actions_report import _wkhtml

from . import pdf_pages
from .pdf_pages import MM, Composer, Stamp

# Millimetres. The address of a letter stands where DIN 5008, ISO 269 and US #10 windows are.
TOP, LEFT, RIGHT, BOTTOM = 45, 20, 20, 26
HEADER_TOP, HEADER_MOST = 9, 33
SLIP = 56
PAPERS = {"A4": (210, 297), "Letter": (216, 279), "Legal": (216, 356), "A5": (148, 210)}
DOCUMENTS_AT_ONCE = 50
FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
FONTS_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
    <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
    <dir>%s</dir>
    <cachedir>%s</cachedir>
</fontconfig>
"""


class Stationery(NamedTuple):
    """A company's paper in one language.

    ``header`` and ``footer``: one-page PDFs; ``header_height``: points; ``px``: CSS pixels to a
    millimetre of paper; ``article``: attributes of the layout's body; ``paper``: its name.
    """

    paper: str
    css: str
    px: float
    header: bytes
    header_height: float
    footer: bytes
    article: dict
    lang: str

    @property
    def size(self):
        """Width and height of the paper in millimetres."""
        return PAPERS[self.paper]

    def mm(self, length):
        """Return a length on paper as CSS, however the printing program scales."""
        return f"{length * self.px:.1f}px"


class CollectionsPrinter(models.AbstractModel):
    """HTML -> PDF on a company's own stationery, many documents at a time.

    Odoo's report engine asks a web server for styles and images, and needs a patched wkhtmltopdf
    to print headers or several documents. Letters are printed by scheduled jobs, in thousands,
    with the wkhtmltopdf there is: so everything the page needs is in the page, all documents of a
    call are one document, and header, footer, slip and page number of the company's layout
    (``web.external_layout``) are stamped on the pages afterwards.
    """

    _name = "collections.printer"
    _description = "Printer of Letters and Statements"

    @api.model
    def _get_stationery(self, company, lang):
        """Return the paper of a company in a language.

        :raise UserError: when nothing can be printed on this machine
        """
        company = company.sudo()
        if _wkhtml().state not in ("ok", "workers"):
            raise UserError(
                self.env._("Nothing can be printed here: the program wkhtmltopdf is missing.")
            )
        lang = self.env["res.lang"]._get_code(lang or "") or self.env.lang or "en_US"
        layout = self._render_layout(company, lang)
        css = self._get_css(lang)
        paper = self._get_paper(company)
        height = PAPERS[paper][1]
        ruler = '<div style="clear:both;width:400px;height:2px;background:%s"></div>'
        ruler %= pdf_pages.mark_style(0)
        header = self._run(paper, css, lang, layout["header"] + ruler, top=HEADER_TOP, bottom=5)
        page = pdf_pages.read(header).pages[0]
        bottom, width = pdf_pages.find_mark(page, 0)
        footer = self._run(paper, css, lang, layout["footer"], top=height - BOTTOM + 4, bottom=2)
        return Stationery(
            paper=paper,
            css=css,
            px=MM * 400 / width,
            header=header,
            header_height=float(page.mediabox.height) - HEADER_TOP * MM - bottom,
            footer=footer,
            article=layout["article"],
            lang=lang,
        )

    def _get_paper(self, company):
        """Extension point: the name of the paper a company is printed on, one of ``PAPERS``."""
        paper = company.paperformat_id.format
        return paper if paper in PAPERS else "A4"

    def _render_layout(self, company, lang):
        """Return ``{"header": html, "footer": html, "article": attributes}`` of the layout."""
        report = self.env["ir.actions.report"].sudo().with_context(lang=lang)
        rendered = report.with_company(company)._render_template(
            "collections_management.print_layout",
            # "html": the layout's own page numbers need a patched wkhtmltopdf
            {"company": company.with_context(lang=lang), "report_type": "html"},
        )
        root = html.fromstring(rendered, parser=html.HTMLParser(encoding="utf-8"))
        pieces = {}
        for name in ("header", "footer", "article"):
            xpath = f"//div[contains(concat(' ', normalize-space(@class), ' '), ' {name} ')]"
            node = next(iter(root.xpath(xpath)), None)
            if name == "article":
                pieces[name] = dict(node.attrib) if node is not None else {}
            else:
                pieces[name] = "" if node is None else etree.tostring(node, encoding="unicode")
        return pieces

    def _get_css(self, lang):
        rtl = self.env["res.lang"]._get_data(code=lang).direction == "rtl"
        texts = []
        for name in ("web.report_assets_pdf", "web.report_assets_common"):
            bundle = (
                self.env["ir.qweb"]
                .sudo()
                ._get_asset_bundle(name, js=False, css=True, rtl=rtl, autoprefix=True)
            )
            texts += [attachment.raw.decode() for attachment in bundle.css()]
        # Odoo's fonts are given to the program as files: what it fetches, it prints as pictures.
        return FONT_FACE.sub("", "\n".join(texts))

    def _prepare_environment(self, folder):
        """Return the environment of the program, in which it knows Odoo's own fonts."""
        cache = Path(config["data_dir"]) / "collections_fonts"
        conf = folder / "fonts.conf"
        conf.write_text(FONTS_CONF % (file_path("web/static/fonts"), cache))
        return {**os.environ, "FONTCONFIG_FILE": str(conf), "XDG_RUNTIME_DIR": str(folder)}

    @api.model
    def _print(self, stationery, documents, slips=(), heading=""):
        """Print documents on stationery.

        :param documents: HTML bodies; each begins on a page of its own, numbered from 1
        :param slips: for each document the HTML of what is torn off at the foot of its last page
        :param str heading: Latin words printed across every page, as ``TEST``
        :return: ``(pdf, pages of each document)``
        """
        composer, counts = Composer(), []
        header, footer = (
            composer.make_form(pdf_pages.read(pdf).pages[0])
            for pdf in (stationery.header, stationery.footer)
        )
        for start in range(0, len(documents), DOCUMENTS_AT_ONCE):
            part = slice(start, start + DOCUMENTS_AT_ONCE)
            body = pdf_pages.read(self._print_bodies(stationery, documents[part], bool(slips)))
            found = pdf_pages.count_pages(body, len(documents[part]))
            torn = self._print_slips(stationery, slips[part]) if slips else None
            pages = iter(body.pages)
            for number, count in enumerate(found):
                slip = torn and composer.make_form(torn.pages[number])
                for position in range(1, count + 1):
                    last = slip if position == count else None
                    self._stamp(
                        composer, stationery, next(pages), header, footer, last,
                        f"{position} / {count}", heading,
                    )  # fmt: skip
            counts += found
        return composer.get_pdf(), counts

    @api.model
    def _print_each(self, company, langs, make, heading=None):
        """Print documents each in its own language, in the order they are given.

        :param langs: the language of each document
        :param make: called with ``(stationery, number of the document)``; returns its HTML
            ``(body, slip or None)``
        :param heading: called with a language; returns the words across every page
        :return: ``(pdf, pages of each document)``
        """
        numbers_by_lang = {}
        for number, lang in enumerate(langs):
            numbers_by_lang.setdefault(lang, []).append(number)
        pdfs, places = [], {}
        for lang, numbers in numbers_by_lang.items():
            stationery = self._get_stationery(company, lang)
            pieces = [make(stationery, number) for number in numbers]
            slips = [slip for _body, slip in pieces if slip is not None]
            bodies = [body for body, _slip in pieces]
            pdf, counts = self._print(stationery, bodies, slips, heading(lang) if heading else "")
            first = 0
            for number, count in zip(numbers, counts, strict=True):
                places[number] = (len(pdfs), first, count)
                first += count
            pdfs.append(pdf)
        ranges = [places[number] for number in range(len(langs))]
        pages = [count for _index, _first, count in ranges]
        return (pdfs[0] if len(pdfs) == 1 else pdf_pages.join(pdfs, ranges)), pages

    def _stamp(self, composer, stationery, page, header, footer, slip, number, heading):
        """Add a page with the company's header and footer, its number and its slip."""
        width, height = (length * MM for length in stationery.size)
        scale = min(1, HEADER_MOST * MM / (stationery.header_height or 1))
        lifted = SLIP * MM if slip else 0
        stamps = [
            Stamp(header, LEFT * MM * (1 - scale), (height - HEADER_TOP * MM) * (1 - scale), scale),
            Stamp(footer, 0, lifted),
        ]
        if slip:
            stamps.append(Stamp(slip))
        texts = [(number, width - RIGHT * MM, lifted + (BOTTOM - 2) * MM, 8)]
        if heading:
            texts.append((heading, width - RIGHT * MM, height - 7 * MM, 11))
        composer.add(page, stamps, texts, heading)

    def _print_bodies(self, stationery, documents, with_slip):
        """Print the bodies of documents, each begun by its mark, as one document."""
        attributes = {
            name: value for name, value in stationery.article.items() if name in ("class", "style")
        }
        node = etree.Element("div", attributes)
        opening = etree.tostring(node, encoding="unicode", method="html").removesuffix("</div>")
        room = ""
        if with_slip:
            height = stationery.mm(SLIP + 2)
            room = f'<div style="page-break-inside:avoid;height:{height}"></div>'
        parts = []
        for number, document in enumerate(documents):
            after = "" if number == len(documents) - 1 else "page-break-after:always;"
            colour = pdf_pages.mark_style(number)
            parts.append(
                f'<div style="{after}">'
                f'<div style="width:2px;height:1px;background:{colour}"></div>'
                f"{opening}{document}</div>{room}</div>"
            )
        return self._run(
            stationery.paper, stationery.css, stationery.lang, "".join(parts), TOP, BOTTOM
        )

    def _print_slips(self, stationery, slips):
        """Return a reader of one page for each slip, at the foot of the paper."""
        parts = [
            f'<div style="height:{stationery.mm(SLIP - 8)};overflow:hidden;'
            f'{"" if number == len(slips) - 1 else "page-break-after:always;"}">{slip}</div>'
            for number, slip in enumerate(slips)
        ]
        top = stationery.size[1] - SLIP
        pdf = self._run(
            stationery.paper, stationery.css, stationery.lang, "".join(parts), top, bottom=1
        )
        reader = pdf_pages.read(pdf)
        if len(reader.pages) != len(slips):
            raise ValueError(f"{len(reader.pages)} pages of {len(slips)} slips")
        return reader

    def _run(self, paper, css, lang, body, top, bottom):
        """Run wkhtmltopdf on one document that needs nothing but itself.

        :raise UserError: with what the program said
        """
        direction = self.env["res.lang"]._get_data(code=lang).direction or "ltr"
        page = (
            f'<!DOCTYPE html><html lang="{lang[:2]}" style="height:0"><head>'
            f'<meta charset="utf-8"><style>{css}</style></head>'
            f'<body class="o_body_pdf container overflow-hidden" dir="{direction}" '
            f'style="margin:0;padding:0;max-width:none;width:auto">{body}</body></html>'
        )
        options = {
            "--page-size": paper,
            "--margin-top": f"{top}mm",
            "--margin-bottom": f"{bottom}mm",
            "--margin-left": f"{LEFT}mm",
            "--margin-right": f"{RIGHT}mm",
            "--dpi": "96",
            "--zoom": "1",
        }
        switches = ["--disable-local-file-access", "--disable-javascript", "--quiet"]
        with tempfile.TemporaryDirectory(prefix="collections.") as folder:
            folder = Path(folder)
            source, target = folder / "page.html", folder / "page.pdf"
            source.write_text(page)
            arguments = [word for option in options.items() for word in option]
            done = subprocess.run(
                [_wkhtml().bin, *switches, *arguments, str(source), str(target)],
                capture_output=True,
                check=False,
                encoding="utf-8",
                env=self._prepare_environment(folder),
            )
            if done.returncode not in (0, 1) or not target.exists():
                raise UserError(
                    self.env._(
                        "The letter could not be printed. wkhtmltopdf said: %(message)s",
                        message=done.stderr[-1000:],
                    )
                )
            return target.read_bytes()

    @api.model
    def _embed_image(self, data, kind="image/png"):
        """Return an image as a data URI; empty for none."""
        if not data:
            return ""
        return Markup("data:%s;base64,%s") % (kind, base64.b64encode(data).decode())
