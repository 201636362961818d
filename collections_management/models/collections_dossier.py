from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_datetime, split_every
from odoo.tools.mail import html2plaintext

from ..engine.statement import Item, build
from ..report import pdf_pages
from .collections_contact import DONE_STATES
from .collections_contact_letter import LetterWords
from .collections_dossier_files import Archive

PRINTED_AT_ONCE = 8
ROWS = {"contacts": 40, "texts": 12, "log": 80, "files": 60}
TEXT_MOST = 2500


class Section(NamedTuple):
    """A part of the dossier: ``pages`` yields HTML bodies, each begins on a page of its own."""

    title: str
    pages: object


class Made(NamedTuple):
    """A finished dossier: paths on disk, its number of pages, its files and faults of the log."""

    pdf: Path
    zips: list
    pages: int
    files: list
    faults: list


class CollectionsDossier(models.AbstractModel):
    """One PDF that tells a written-off debt to who was never there, and a ZIP of what it tells of.

    Everything is read in slices and kept on disk in between: two thousand entries of a log and
    three hundred documents need no more memory than the largest of them.
    """

    _inherit = "collections.dossier"

    @api.model
    def _make(self, write_off, folder, progress=lambda _done: None):
        """Make the dossier in a folder.

        :param progress: called with the number of things done, see :meth:`_count_work`
        :return: Made
        """
        folder = Path(folder)
        self.env.flush_all()
        company = write_off.company_id.sudo()
        lang = company.partner_id.lang or self.env.lang or "en_US"
        local = self.with_context(lang=lang).with_company(company)
        write_off = write_off.with_env(local.env)
        faults = local.env["collections.log"]._verify(write_off.case_id)
        archive = Archive(folder)
        local._add_files(write_off, archive, progress)
        path, pages = local._print_dossier(write_off, archive.files, faults, folder, progress)
        files = list(archive.files)
        archive.add_path("dossier.pdf", path)
        archive.close()
        return Made(path, archive.paths, pages, files, faults)

    def _count_work(self, write_off):
        """Return about how many things there are to do."""
        case = write_off.case_id
        return (
            len(write_off.line_ids)
            + 4
            + len(case.contact_ids) // ROWS["contacts"] * 2
            + (case.log_sequence or 0) // ROWS["log"]
        )

    # -- the PDF -----------------------------------------------------------------------------------

    def _get_dossier_sections(self, write_off, files, faults):
        """Extension point: what the dossier tells, ``{order: [Section]}``.

        Promises, agreements, disputes and legal steps add theirs between 50 and 60. A section whose
        pages yield nothing is left out.

        :param files: DossierFile of the ZIP
        :param faults: what is wrong in the chain of the log
        """
        case = write_off.case_id
        env = self.env
        return {
            10: [Section(env._("The debt and the decision"), self._tell_decision(write_off))],
            20: [Section(env._("Receivables and their age"), self._tell_receivables(write_off))],
            30: [Section(env._("Conditions of the rule"), self._tell_checks(write_off))],
            40: [Section(env._("Attempts to collect and their proof"), self._tell_contacts(case))],
            60: [Section(env._("Messages and letters, as sent"), self._tell_texts(case, False))],
            65: [Section(env._("Answers of the debtor"), self._tell_texts(case, True))],
            80: [Section(env._("The complete log"), self._tell_log(case))],
            90: [Section(env._("Verification"), self._tell_verification(case, faults))],
            95: [Section(env._("Files of the dossier"), self._tell_files(files))],
        }

    def _render(self, name, **values):
        """Render a page of the dossier in the language of the context."""
        words = LetterWords(self.env, self.env.context["lang"])
        return str(
            self.env["ir.qweb"]._render(
                f"collections_management.dossier_{name}",
                {
                    "amount": lambda value, currency: words.amount(float(value), currency),
                    "date": lambda day: words.date(day) if day else "",
                    "moment": self._format_moment,
                    **values,
                },
                lang=self.env.context["lang"],
                minimal_qcontext=True,
            )
        )

    def _format_moment(self, moment):
        zone = self.env.company._get_collections_zone()
        return format_datetime(self.env, moment, tz=zone, dt_format="short") if moment else ""

    def _print_dossier(self, write_off, files, faults, folder, progress):
        """Print the sections in slices, then the index, and number the pages through."""
        printer = self.env["collections.printer"]
        stationery = printer._get_stationery(write_off.company_id, self.env.context["lang"])
        slices, entries, count = [], [], 0
        sections = self._get_dossier_sections(write_off, files, faults)
        for section in (one for order in sorted(sections) for one in sections[order]):
            first = count
            for bodies in split_every(PRINTED_AT_ONCE, section.pages, list):
                path = folder / f"slice-{len(slices):05}.pdf"
                pdf = printer._print_bodies(stationery, bodies, False)
                path.write_bytes(pdf)
                count += len(pdf_pages.read(pdf).pages)
                slices.append(path)
                progress(1)
            if count > first:
                entries.append((section.title, first))
        cover_pages = self._print_cover(write_off, faults, stationery, entries, 0)[1]
        cover, again = self._print_cover(write_off, faults, stationery, entries, cover_pages)
        if again != cover_pages:
            raise UserError(self.env._("The index of the dossier could not be laid out."))
        path = folder / "slice-cover.pdf"
        path.write_bytes(cover)
        target = folder / "dossier.pdf"
        heading = self.env._("NOT INTACT") if faults else ""
        self._stamp_pages(stationery, [path, *slices], cover_pages + count, heading, target)
        for path in slices:
            path.unlink()
        return target, cover_pages + count

    def _print_cover(self, write_off, faults, stationery, entries, shift):
        """Print the cover with the index, whose pages begin after ``shift``: ``(pdf, pages)``."""
        rows = [(title, first + shift + 1) for title, first in entries]
        body = self._render("cover", write_off=write_off, entries=rows, faults=faults)
        pdf = self.env["collections.printer"]._print_bodies(stationery, [body], False)
        return pdf, len(pdf_pages.read(pdf).pages)

    def _stamp_pages(self, stationery, paths, total, heading, target):
        printer, composer, number = self.env["collections.printer"], pdf_pages.Composer(), 0
        header, footer = (
            composer.make_form(pdf_pages.read(pdf).pages[0])
            for pdf in (stationery.header, stationery.footer)
        )
        for path in paths:
            for page in pdf_pages.read(path.read_bytes()).pages:
                number += 1
                printer._stamp(
                    composer, stationery, page, header, footer, None, f"{number} / {total}", heading
                )
        target.write_bytes(composer.get_pdf())

    # -- what it tells -----------------------------------------------------------------------------

    def _tell_decision(self, write_off):
        entry = write_off.sudo().move_id
        booked = entry.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        ledger = -sum(booked.mapped("balance"))
        currency = write_off.currency_id
        yield self._render(
            "decision",
            write_off=write_off,
            partner=write_off.partner_id,
            entry=entry,
            ledger=ledger,
            is_tied=not entry or currency.is_zero(ledger - write_off.amount),
            currency=currency,
            labels=self._get_labels(write_off, ("state", "treatment", "verdict")),
        )

    def _get_labels(self, record, names):
        """Return ``{field: its value in words}``."""
        labels = {}
        for name in names:
            options = dict(record._fields[name]._description_selection(self.env))
            labels[name] = options.get(record[name], "")
        return labels

    def _tell_receivables(self, write_off):
        accounts = []
        for currency, lines in (
            write_off.line_ids.sorted("date_maturity").grouped("currency_id").items()
        ):
            items = [
                Item(
                    line.line_id.date, line.date_maturity or line.line_id.date, "invoice",
                    line.move_name or "", Decimal(str(line.line_id.amount_currency)),
                    Decimal(str(line.amount)),
                )
                for line in lines
            ]  # fmt: skip
            account = build(Decimal(0), (), items, day=write_off.date)
            accounts.append((currency, lines, account.ages, sum(lines.mapped("amount"))))
        yield self._render(
            "receivables",
            write_off=write_off,
            accounts=accounts,
            ages=self.env["collections.statement"]._get_age_words(),
        )

    def _tell_checks(self, write_off):
        if write_off.check_ids:
            labels = self._get_labels(write_off, ("verdict", "treatment"))
            states = dict(write_off.check_ids._fields["state"]._description_selection(self.env))
            yield self._render(
                "checks", write_off=write_off, rule=write_off.rule_id, labels=labels, states=states
            )

    def _tell_contacts(self, case):
        """Every contact that left, with what became of it, as the log tells."""
        self.env["collections.contact"].flush_model()
        contact_ids = [
            id_
            for [id_] in self.env.execute_query(
                SQL(
                    "SELECT id FROM collections_contact WHERE case_id = %s AND state = ANY(%s)"
                    " ORDER BY sent_on, id",
                    case.id,
                    [*DONE_STATES, "failed", "uncertain"],
                )
            )
        ]
        states = dict(
            self.env["collections.contact"]._fields["state"]._description_selection(self.env)
        )
        for ids in split_every(ROWS["contacts"], contact_ids):
            contacts = self.env["collections.contact"].browse(ids)
            yield self._render(
                "contacts", contacts=contacts, steps=self._get_steps(ids), states=states
            )
            contacts.invalidate_recordset()

    def _get_steps(self, contact_ids):
        """Return ``{contact id: [(event in words, moment, number)]}`` from the log."""
        labels = dict(self.env["collections.log"]._fields["event"]._description_selection(self.env))
        steps = {}
        for contact_id, event, moment, number in self.env.execute_query(
            SQL(
                """
                SELECT contact_id, event, moment, sequence FROM collections_log
                 WHERE contact_id = ANY(%s)
                   AND event IN ('sent', 'delivered', 'read', 'answered', 'failed', 'resolved')
              ORDER BY sequence
                """,
                list(contact_ids),
            )
        ):
            steps.setdefault(contact_id, []).append((labels.get(event, event), moment, number))
        return steps

    def _tell_texts(self, case, came_in):
        """The words of messages and letters, or of answers; long ones are in the ZIP in full."""
        told = (
            {
                "sequence": row[0], "moment": row[2], "subject": row[3],
                "text": html2plaintext(row[4] or row[6] or "")[: TEXT_MOST + 1], "address": row[5],
            }
            for row in self._iterate_told(case)
            if (row[1] in ("replied", "auto_replied")) == came_in
        )  # fmt: skip
        for rows in split_every(ROWS["texts"], told, list):
            yield self._render("texts", rows=rows, most=TEXT_MOST, came_in=came_in)

    def _tell_log(self, case):
        first = 0
        while True:
            entries = self.env["collections.log"].search(
                [("case_id", "=", case.id), ("sequence", ">", first)],
                order="sequence",
                limit=ROWS["log"],
            )
            if not entries:
                return
            yield self._render("log", entries=entries)
            first = entries[-1].sequence
            entries.invalidate_recordset()

    def _tell_verification(self, case, faults):
        log = self.env["collections.log"]
        yield self._render(
            "verification",
            head=self._get_head(case),
            faults=[log._get_fault_text(fault) for fault in faults[:50]],
            is_guarded=log._is_guarded(),
        )

    def _tell_files(self, files):
        for rows in split_every(ROWS["files"], files, list):
            yield self._render("files", files=rows)
