import hashlib
import json
import re
import zipfile
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL, email_normalize, file_path, split_every
from odoo.tools.mail import html2plaintext

PART_SIZE = 48 * 1024 * 1024  # bytes of originals in one ZIP, and so in memory at once
UNSAFE = re.compile(r"[^\w.() -]+")
LOG_COLUMNS = ("id", "case_id", "sequence", "moment", "event", "user_id", "contact_id", "run_id",
               "data", "content_digest", "previous_hash", "hash")  # fmt: skip


class DossierFile(NamedTuple):
    """A file of the dossier: its name in the ZIP, its size and its SHA-256."""

    name: str
    size: int
    digest: str
    title: str


class Archive:
    """The originals of a dossier, in as many ZIP files on disk as it takes to keep each small."""

    def __init__(self, folder, size=PART_SIZE):
        self.folder, self.size = Path(folder), size
        self.files, self.paths, self._names = [], [], set()
        self._zip, self._filled = None, 0

    def add(self, name, data, title=""):
        """Put a file in; a name that is taken gets a number."""
        self._make_room(len(data))
        name = self._free(name)
        self._zip.writestr(name, data)
        digest = hashlib.sha256(data).hexdigest()
        self.files.append(DossierFile(name, len(data), digest, title))

    def add_path(self, name, path):
        """Put a file of the disk in, without reading it as a whole."""
        size, digest = path.stat().st_size, hashlib.sha256()
        self._make_room(size)
        name = self._free(name)
        with path.open("rb") as source:
            for block in iter(lambda: source.read(1 << 20), b""):
                digest.update(block)
        self._zip.write(path, name)
        self.files.append(DossierFile(name, size, digest.hexdigest(), ""))

    def _make_room(self, size):
        if self._zip is None or (self._filled and self._filled + size > self.size):
            self._close_part()
            path = self.folder / f"part-{len(self.paths) + 1}.zip"
            self.paths.append(path)
            self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self._filled += size

    def _close_part(self):
        if self._zip is not None:
            self._zip.close()
        self._zip, self._filled = None, 0

    def _free(self, name):
        stem, dot, suffix = name.rpartition(".")
        wanted, number = name, 1
        while wanted.lower() in self._names:
            number += 1
            wanted = f"{stem} ({number}){dot}{suffix}" if dot else f"{name} ({number})"
        self._names.add(wanted.lower())
        return wanted

    def close(self):
        """Add the list of digests, and end the last part."""
        sums = "".join(f"{file.digest}  {file.name}\n" for file in self.files)
        self._make_room(0)
        self._zip.writestr("SHA256SUMS", sums)
        self._close_part()


def safe_name(name, default="file"):
    """Return a name that every system takes as a file's."""
    return UNSAFE.sub("-", name or "").strip(" .-")[:120] or default


class CollectionsDossier(models.AbstractModel):
    """The originals: documents, messages as they were sent, answers, attachments, the log."""

    _name = "collections.dossier"
    _description = "Evidence Dossier"

    @api.model
    def _add_files(self, write_off, archive, progress):
        """Put every original of a written-off debt into the archive, one at a time.

        :param progress: called with a number of things done
        """
        for step in self._get_file_steps():
            step(write_off, archive, progress)

    def _get_file_steps(self):
        """Extension point: methods ``(write-off, archive, progress)`` that add originals."""
        return [self._add_documents, self._add_messages, self._add_attachments, self._add_log]

    def _get_documents(self, write_off):
        """Extension point: the documents that the receivables come from."""
        return write_off.line_ids.line_id.move_id

    def _add_documents(self, write_off, archive, progress):
        attachments = self.env["ir.attachment"].sudo()
        prints = write_off._get_prints()
        for move_id in self._get_documents(write_off).ids:
            move = self.env["account.move"].browse(move_id)
            found = attachments.search(
                [("res_model", "=", "account.move"), ("res_id", "=", move.id)]
            )
            has_pdf = False
            for attachment in found:
                data = attachment.raw or b""
                has_pdf = has_pdf or data.startswith(b"%PDF")
                archive.add(
                    f"documents/{safe_name(move.name)}/{safe_name(attachment.name)}",
                    data,
                    move.name,
                )
            if not has_pdf and move.is_invoice():
                printed = prints.get(move.id)
                data = printed.raw if printed else self._print_document(move)
                suffix = "pdf" if data.startswith(b"%PDF") else "html"
                archive.add(
                    f"documents/{safe_name(move.name)}/{safe_name(move.name)}.{suffix}",
                    data,
                    move.name,
                )
            self.env.invalidate_all()  # what was read of it is not needed any more
            progress(1)

    def _print_document(self, move):
        """Print an invoice that nobody has printed before: a PDF, or HTML where none can be
        made."""
        report = self.env["ir.actions.report"].sudo()
        return report._render_qweb_pdf("account.account_invoices", res_ids=move.ids)[0]

    def _get_unprinted(self, write_off):
        """Return the invoices of a dossier that nobody has printed, neither for it."""
        moves = self._get_documents(write_off).filtered(lambda move: move.is_invoice())
        printed = self.env["ir.attachment"].sudo()._read_group(
            [
                ("res_model", "=", "account.move"),
                ("res_id", "in", moves.ids),
                ("mimetype", "=", "application/pdf"),
            ],
            ["res_id"],
        )  # fmt: skip
        done = {move_id for [move_id] in printed} | write_off._get_prints().keys()
        return moves.filtered(lambda move: move.id not in done)

    def _get_told(self, case, first=0, limit=200):
        """Return rows of what was sent or came in with its text, in the order of the log."""
        return self.env.execute_query(
            SQL(
                """
                SELECT log.sequence, log.event, log.moment, content.subject, content.body,
                       content.address, content.note, contact.reference, channel.kind
                  FROM collections_log log
                  JOIN collections_log_content content ON content.log_id = log.id
             LEFT JOIN collections_contact contact ON contact.id = log.contact_id
             LEFT JOIN collections_channel channel ON channel.id = contact.channel_id
                 WHERE log.case_id = %s AND log.sequence > %s AND content.erased_on IS NULL
                   AND (content.body IS NOT NULL OR log.event = 'replied')
              ORDER BY log.sequence LIMIT %s
                """,
                case.id,
                first,
                limit,
            )
        )

    def _iterate_told(self, case):
        first = 0
        while rows := self._get_told(case, first):
            yield from rows
            first = rows[-1][0]

    def _add_messages(self, write_off, archive, progress):
        company = write_off.company_id.sudo()
        for row in self._iterate_told(write_off.case_id):
            sequence, event, moment, subject, body, address, note, reference, kind = row
            folder = "answers" if event in ("replied", "auto_replied") else "messages"
            if kind == "letter":
                folder = "letters"
            name = f"{folder}/{sequence:05}-{event}"
            if kind == "email" or (folder == "answers" and email_normalize(address or "")):
                data = self._make_mail(
                    company, folder == "answers", sequence, moment, subject, body, address,
                    reference,
                ).as_bytes()  # fmt: skip
                archive.add(f"{name}.eml", data, subject or "")
            else:
                text = body or note or ""
                page = f'<!DOCTYPE html><meta charset="utf-8"><title>{sequence}</title>{text}'
                archive.add(f"{name}.html", page.encode(), subject or "")
            progress(0)

    def _make_mail(self, company, came_in, sequence, moment, subject, body, address, reference):
        """Return a message as the log keeps it: its words and address, in a mail program's form."""
        mail = EmailMessage()
        ours = email_normalize(company.email or "") or "unknown@invalid"
        theirs = email_normalize(address or "") or "unknown@invalid"
        mail["From"], mail["To"] = (theirs, ours) if came_in else (ours, theirs)
        mail["Subject"] = " ".join((subject or "").split())
        mail["Date"] = format_datetime(moment)
        if reference and reference.startswith("<") and not came_in:
            mail["Message-ID"] = " ".join(reference.split())
        mail["X-Collections-Log-Entry"] = str(sequence)
        mail.set_content(html2plaintext(body or ""))
        mail.add_alternative(body or "", subtype="html")
        return mail

    def _add_attachments(self, write_off, archive, progress):
        """Add what people attached to the case and to its messages; no dossier of before."""
        attachments = self.env["ir.attachment"].sudo()
        case = write_off.case_id
        found = attachments.search(
            [
                ("res_model", "=", "collections.case"),
                ("res_id", "=", case.id),
                ("res_field", "=", False),
                ("id", "not in", case.sudo().write_off_ids.dossier_ids.ids),
            ],
            order="id",
        )
        for ids in split_every(20, (found | case.sudo().message_ids.attachment_ids).ids):
            for attachment in attachments.browse(ids):
                archive.add(
                    f"attachments/{safe_name(attachment.name)}",
                    attachment.raw or b"",
                    attachment.name,
                )
            self.env.invalidate_all()
            progress(0)

    def _add_log(self, write_off, archive, progress):
        """Add the log as lines of JSON, its head, and the program that verifies them."""
        case = write_off.case_id
        head = self._get_head(case)
        path = archive.folder / "log.jsonl"
        with path.open("w", encoding="utf-8") as target:
            for line in self._iterate_log(case, head["sequence"]):
                target.write(json.dumps(line, ensure_ascii=False) + "\n")
        archive.add_path("log/log.jsonl", path)
        path.unlink()
        archive.add("log/head.json", json.dumps(head, indent=1).encode())
        script = Path(file_path("collections_management/report/dossier_verify.py"))
        archive.add("verify.py", script.read_bytes())
        progress(1)

    def _get_head(self, case):
        """Return the head of the chain as the case remembers it."""
        [[sequence, last_hash]] = self.env.execute_query(
            SQL("SELECT coalesce(log_sequence, 0), log_hash FROM %s WHERE id = %s",
                SQL.identifier(case._table), case.id)
        )  # fmt: skip
        return {"case_id": case.id, "sequence": sequence, "hash": last_hash}

    def _iterate_log(self, case, until):
        """Yield the entries of a case as plain data, with what is kept beside them."""
        first = 0
        columns = SQL(", ").join(SQL("log.%s", SQL.identifier(name)) for name in LOG_COLUMNS)
        while True:
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT %s, content.id, content.salt, content.erased_on, content.subject,
                           content.body, content.address, content.note
                      FROM collections_log log
                 LEFT JOIN collections_log_content content ON content.log_id = log.id
                     WHERE log.case_id = %s AND log.sequence > %s
                  ORDER BY log.sequence LIMIT 500
                    """,
                    columns,
                    case.id,
                    first,
                )
            )
            for row in rows:
                entry = dict(zip(LOG_COLUMNS, row, strict=False))
                entry["moment"] = entry["moment"].isoformat(timespec="microseconds")
                content_id, salt, erased_on, *parts = row[len(LOG_COLUMNS) :]
                names = ("subject", "body", "address", "note")
                entry["content"] = content_id and {
                    "salt": salt,
                    "erased_on": erased_on and erased_on.isoformat(),
                    **dict(zip(names, parts, strict=True)),
                }
                yield entry
            if not rows:
                return
            first = rows[-1][2]
            if first >= until:
                return
