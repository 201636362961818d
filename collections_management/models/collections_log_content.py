import json
import secrets
from contextlib import suppress

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, html_sanitize

from ..engine import chain
from .collections_log import copy_lines, copy_text

PARTS = ("subject", "body", "address", "note")  # the order is part of the digest

# The only change the database lets through: everything personal to NULL, once.
GUARD_SQL = """
CREATE OR REPLACE FUNCTION collections_log_content_refuse() RETURNS trigger AS $body$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.erased_on IS NULL AND NEW.erased_on IS NOT NULL
            AND NEW.id = OLD.id AND NEW.log_id = OLD.log_id
            AND COALESCE(NEW.salt, NEW.subject, NEW.body, NEW.address, NEW.note) IS NULL
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'The content of the collections log can only be erased: % on % is refused.',
        TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$body$ LANGUAGE plpgsql;
DROP TRIGGER IF EXISTS collections_log_content_guard_row ON collections_log_content;
CREATE TRIGGER collections_log_content_guard_row
    BEFORE UPDATE OR DELETE ON collections_log_content
    FOR EACH ROW EXECUTE FUNCTION collections_log_content_refuse();
ALTER TABLE collections_log_content ENABLE ALWAYS TRIGGER collections_log_content_guard_row;
DROP TRIGGER IF EXISTS collections_log_content_guard_table ON collections_log_content;
CREATE TRIGGER collections_log_content_guard_table BEFORE TRUNCATE ON collections_log_content
    FOR EACH STATEMENT EXECUTE FUNCTION collections_log_content_refuse();
ALTER TABLE collections_log_content ENABLE ALWAYS TRIGGER collections_log_content_guard_table;
"""


class CollectionsLogContent(models.Model):
    """The personal part of a log entry, kept apart so that it can be erased by law.

    The entry holds its salted digest: a changed content is found, an erased one leaves the
    chain intact and cannot be guessed from the digest, as its salt is gone too.
    """

    _name = "collections.log.content"
    _description = "Collections Log Content"
    _log_access = False
    _order = "id desc"
    _rec_name = "subject"

    log_id = fields.Many2one("collections.log", required=True, readonly=True, ondelete="restrict")
    case_id = fields.Many2one(related="log_id.case_id")
    event = fields.Selection(related="log_id.event")
    moment = fields.Datetime(related="log_id.moment")
    subject = fields.Char(readonly=True)
    body = fields.Text(readonly=True, help="As it was sent, to the letter.")
    body_html = fields.Html("Message", compute="_compute_body_html", sanitize=False)
    address = fields.Char(readonly=True)
    note = fields.Text(readonly=True)
    salt = fields.Char(readonly=True, groups="base.group_no_one")
    erased_on = fields.Datetime(readonly=True)
    erased_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    status = fields.Selection(
        [("kept", "Stored"), ("erased", "Erased"), ("changed", "Changed")],
        compute="_compute_status",
        help="Changed: what is stored here is not what was logged.",
    )

    _log_unique = models.Constraint("UNIQUE (log_id)", "A log entry has one content.")

    def init(self):
        self.env.cr.execute(SQL(GUARD_SQL.replace("%", "%%")))

    @api.depends("body")
    def _compute_body_html(self):
        for content in self:
            content.body_html = html_sanitize(content.body or "", sanitize_attributes=True)

    @api.depends(*PARTS, "salt", "erased_on", "log_id")
    def _compute_status(self):
        for content in self.sudo():
            content.status = content._get_status()

    def _get_status(self):
        if self.erased_on:
            return "erased"
        parts = [self[name] or None for name in PARTS]
        digest = chain.content_digest(self.salt or "", parts)
        return "kept" if digest == self.log_id.content_digest else "changed"

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        raise UserError(self.env._("The log is written by the system only."))

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("The content of the log can only be erased."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The content of the log can only be erased."))

    def action_erase(self):
        """Ask for the legal reason, then erase these contents."""
        return self._get_erase_action(self)

    @api.model
    def _get_erase_action(self, contents):
        self._check_may_erase()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Erase Content"),
            "res_model": "collections.log.erase",
            "view_mode": "form",
            "target": "new",
            "context": {"default_content_ids": [fields.Command.set(contents.ids)]},
        }

    @api.model
    def _check_may_erase(self):
        if not self.env.user.has_group(
            "collections_management.collections_management_group_manager"
        ):
            raise AccessError(self.env._("Only a collections manager can erase content."))

    @api.model
    def _get_erasable_domain(self, cases):
        """Extension point: the contents of a debtor's cases that an erasure takes away.

        The reasons of earlier erasures stay: they are what the law asks to be kept.
        """
        return [
            ("case_id", "in", cases.ids),
            ("erased_on", "=", False),
            ("event", "!=", "erased"),
        ]

    def _erase(self, reason):
        """Wipe the personal parts for good and log it, with the reason, in each case.

        Extension point: whoever keeps a copy elsewhere wipes it in `_erase_copies`.
        """
        self._check_may_erase()
        self.check_access("read")
        if not (reason or "").strip():
            raise UserError(self.env._("Give the legal reason of the erasure."))
        contents = self.filtered(lambda content: not content.erased_on)
        if not contents:
            return
        self.env.cr.execute(
            SQL(
                """UPDATE collections_log_content
                      SET subject = NULL, body = NULL, address = NULL, note = NULL, salt = NULL,
                          erased_on = %s, erased_by_id = %s
                    WHERE id = ANY(%s)""",
                fields.Datetime.now(),
                self.env.uid,
                contents.ids,
            )
        )
        contents.invalidate_recordset(flush=False)
        contents._erase_copies()
        self.env["collections.log"]._append(
            {
                "case_id": case.id,
                "event": "erased",
                "data": {
                    "count": len(erased),
                    "sequences": sorted(erased.log_id.mapped("sequence")),
                },
                "content": {"note": reason.strip()},
            }
            for case, erased in contents.grouped("case_id").items()
        )

    def _erase_copies(self):
        """Wipe what the contacts, their messages and the holds keep of these contents."""
        logs = self.log_id
        contacts = logs.contact_id.sudo()
        contacts.mail_message_id.write({"subject": False, "body": False})
        contacts.activity_id.write({"note": False})
        contacts.write(
            {"address": False, "detail": False, "custom_subject": False, "custom_body": False}
        )
        holds = self.env["collections.hold"].sudo().search([("case_id", "in", logs.case_id.ids)])
        noted = {json.loads(log.data).get("hold") for log in logs if log.event == "held"}
        holds.filtered(lambda hold: hold.id in noted and not hold.is_active).write({"note": False})

    @api.model
    def _prepare_contents(self, entries):
        """Return {index of the entry: its content with salt and digest}."""
        contents = {}
        for index, entry in enumerate(entries):
            content = entry.get("content")
            if not content:
                continue
            if not set(PARTS).issuperset(content):
                raise ValueError(f"log: unknown content {sorted(set(content) - set(PARTS))}")
            salt = secrets.token_hex(16)
            # NUL is no text to the database
            parts = [str(content.get(name) or "").replace("\0", "") or None for name in PARTS]
            digest = chain.content_digest(salt, parts)
            contents[index] = {"salt": salt, "digest": digest, "parts": parts}
        return contents

    @api.model
    def _insert_contents(self, contents):
        """Store [(log id, prepared content)] in one statement."""
        if not contents:
            return
        lines = (
            "\t".join([str(log_id), content["salt"], *map(copy_text, content["parts"])])
            for log_id, content in contents
        )
        copy_lines(self.env.cr, self._table, ("log_id", "salt", *PARTS), lines)

    @api.model
    def _verify_contents(self, case_ids):
        """Return the faults of the contents: changed, missing, or erased without a record."""
        recorded = self._get_recorded_erasures(case_ids)
        cr = self.env.cr
        cr.execute(
            SQL(
                """SELECT l.case_id, l.sequence, l.content_digest, c.id, c.erased_on, c.salt,
                          c.subject, c.body, c.address, c.note
                     FROM collections_log AS l
                     LEFT JOIN collections_log_content AS c ON c.log_id = l.id
                    WHERE l.case_id = ANY(%s)
                      AND (l.content_digest IS NOT NULL OR c.id IS NOT NULL)
                    ORDER BY l.case_id, l.sequence""",
                case_ids,
            )
        )
        faults = []
        while rows := cr.fetchmany(1000):
            for case_id, sequence, *stored in rows:
                kind = self._get_content_fault((case_id, sequence) in recorded, *stored)
                if kind:
                    faults.append(chain.Fault(case_id, sequence, kind, sequence))
        return faults

    @api.model
    def _get_recorded_erasures(self, case_ids):
        """Return {(case id, number)} of the entries whose erasure the log tells."""
        rows = self.env.execute_query(
            SQL(
                """SELECT case_id, data FROM collections_log
                    WHERE case_id = ANY(%s) AND event = 'erased'""",
                case_ids,
            )
        )
        recorded = set()
        for case_id, data in rows:
            with suppress(ValueError, KeyError, TypeError):  # tampered with: told apart
                recorded.update((case_id, number) for number in json.loads(data)["sequences"])
        return recorded

    @api.model
    def _get_content_fault(self, recorded, digest, content_id, erased_on, salt, *parts):
        if content_id is None:
            return "content_missing"
        if erased_on:
            return None if recorded else "content_erased"
        changed = chain.content_digest(salt or "", parts) != digest
        return "content_changed" if changed else None
