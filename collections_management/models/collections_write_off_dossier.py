import tempfile

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from .collections_dossier_files import safe_name

# A person waits for so many invoices to be printed, a second or two each, not for more.
PRINTED_AT_ONCE = 25
LOG_AT_ONCE = 3000


class CollectionsWriteOff(models.Model):
    """The evidence dossier of a write-off, made by a scheduled job that tells how far it is."""

    _inherit = "collections.write.off"

    dossier_state = fields.Selection(
        [
            ("none", "None"),
            ("queued", "Being made"),
            ("ready", "Ready"),
            ("faulty", "Ready, the log is not intact"),
            ("failed", "Could not be made"),
        ],
        string="Dossier",
        default="none",
        readonly=True,
        copy=False,
    )
    dossier_progress = fields.Integer(string="Made (%)", readonly=True, copy=False)
    dossier_ids = fields.Many2many(
        "ir.attachment",
        "collections_write_off_dossier_rel",
        "write_off_id",
        "attachment_id",
        string="Dossier Files",
        readonly=True,
        copy=False,
    )
    dossier_pages = fields.Integer(string="Pages", readonly=True, copy=False)
    dossier_made_on = fields.Datetime(readonly=True, copy=False)
    dossier_fault = fields.Text(string="What Is Wrong", readonly=True, copy=False)

    # Invoices printed for the dossier so far: printing takes longest, and a job may be cut off.
    dossier_print_ids = fields.Many2many(
        "ir.attachment",
        "collections_write_off_print_rel",
        "write_off_id",
        "attachment_id",
        readonly=True,
        copy=False,
    )

    _dossier_idx = models.Index("(id) WHERE dossier_state = 'queued'")

    def _queue_dossier(self):
        self.write({"dossier_state": "queued", "dossier_progress": 0, "dossier_fault": False})
        self.env.ref("collections_management.collections_write_off_cron_dossier")._trigger()

    def action_make_dossier(self):
        """Make the dossier now, or anew; a long one is left to the scheduled job."""
        self.ensure_one()
        self._check_requester()
        self._check_state("posted", "reversed")
        unprinted = self.env["collections.dossier"]._get_unprinted(self.sudo())
        if len(unprinted) > PRINTED_AT_ONCE or self.sudo().case_id.log_sequence > LOG_AT_ONCE:
            return self._leave_to_job()
        self._lock()
        self.sudo()._make_dossier()
        return True

    def _leave_to_job(self):
        """Let the scheduled job make a dossier that takes minutes, and say so."""
        if self.dossier_state != "queued":
            self.sudo()._queue_dossier()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._(
                    "This dossier has many documents: it is being made in the background. You may "
                    "leave this page."
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_queue_dossier(self):
        """Let the scheduled job make the dossier, which tells how far it is."""
        self._check_requester()
        self._check_state("posted", "reversed")
        self.sudo()._queue_dossier()
        return True

    def _make_dossier(self, step=lambda _done: None):
        """Make the dossier and keep it on the entry and on the case.

        :param step: called after each thing done with the percentage
        """
        self.ensure_one()
        dossier = self.env["collections.dossier"]
        total, done = dossier._count_work(self) or 1, 0

        def progress(number):
            nonlocal done
            done += number
            if number:
                step(min(99, 100 * done // total))

        with tempfile.TemporaryDirectory(prefix="collections.") as folder:
            made = dossier._make(self, folder, progress)
            stem = safe_name(self.env._("Dossier %(debtor)s", debtor=self.partner_id.name or ""))
            stem = f"{stem} {self.id}"
            old = self.dossier_ids
            attachments = self._keep(f"{stem}.pdf", made.pdf, "application/pdf")
            for number, path in enumerate(made.zips, start=1):
                part = f" {number}-{len(made.zips)}" if len(made.zips) > 1 else ""
                attachments |= self._keep(f"{stem}{part}.zip", path, "application/zip")
        log = self.env["collections.log"]
        faults = "\n".join(log._get_fault_text(fault) for fault in made.faults[:20])
        self.write(
            {
                "dossier_ids": [Command.set(attachments.ids)],
                "dossier_state": "faulty" if made.faults else "ready",
                "dossier_progress": 100,
                "dossier_pages": made.pages,
                "dossier_made_on": fields.Datetime.now(),
                "dossier_fault": faults or False,
            }
        )
        (old | self.dossier_print_ids).unlink()
        self._log(
            "dossier_made",
            {
                "pages": made.pages,
                "files": len(made.files),
                "pdf": attachments[0].checksum,
                "faults": len(made.faults),
            },
        )

    def _keep(self, name, path, mimetype):
        """Keep a file on the case, and the same on the entry; returns that of the case."""
        attachments = self.env["ir.attachment"]
        kept = attachments.create(
            {
                "name": name,
                "res_model": "collections.case",
                "res_id": self.case_id.id,
                "raw": path.read_bytes(),
                "mimetype": mimetype,
            }
        )
        path.unlink()
        if self.move_id:
            attachments.search(
                [
                    ("res_model", "=", "account.move"),
                    ("res_id", "=", self.move_id.id),
                    ("name", "=", name),
                ]
            ).unlink()
            kept.copy({"res_model": "account.move", "res_id": self.move_id.id})
        return kept

    # -- in pieces ---------------------------------------------------------------------------------

    def _get_prints(self):
        """Return ``{invoice id: attachment}`` of what was printed for the dossier."""
        return {int(found.name.partition(".")[0]): found for found in self.sudo().dossier_print_ids}

    def _print_missing(self, progress):
        """Print the invoices nobody has printed, and keep each.

        :param progress: called after each, returns whether there is time for another
        :return: whether all are printed
        """
        dossier = self.env["collections.dossier"]
        for move_id in dossier._get_unprinted(self).ids:
            data = dossier._print_document(self.env["account.move"].browse(move_id))
            values = {
                "name": f"{move_id}.print",
                "res_model": self._name,
                "res_id": self.id,
                "raw": data,
            }
            self.dossier_print_ids = [Command.create(values)]
            self.env.flush_all()
            self.env.invalidate_all()  # what was read of it is not needed any more
            if not progress():
                return False
        return True

    @api.model
    def _cron_make_dossiers(self):
        """Make the dossiers that wait, one by one; one that cannot be made says why.

        Each invoice that is printed for it counts and is kept: out of time, the next call goes on
        from there.
        """
        commit = self.env["ir.cron"]._commit_progress
        dossier = self.env["collections.dossier"]
        queued = self.search([("dossier_state", "=", "queued")], order="id")
        commit(remaining=sum(1 + len(dossier._get_unprinted(one)) for one in queued))
        for write_off in queued:
            try:
                if not write_off._make_in_pieces(commit):
                    return
            except (UserError, OSError, ValueError) as error:
                self.env.cr.rollback()
                write_off.write({"dossier_state": "failed", "dossier_fault": str(error)})
            if not commit(1):
                return

    def _make_in_pieces(self, commit):
        """Make one dossier, committing what is done; return False when time is over."""
        total, done = self.env["collections.dossier"]._count_work(self), len(self.dossier_print_ids)

        def step(percent):
            if percent >= self.dossier_progress + 5:
                self.dossier_progress = percent
                commit()

        def printed():
            nonlocal done
            done += 1
            step(min(90, 100 * done // total))
            return commit(1)

        if not self._is_still_queued():
            return True
        if not self._print_missing(printed):
            return False
        if self._is_still_queued():
            self._make_dossier(step)
        return True

    def _is_still_queued(self):
        """Tell whether it still waits, and let nobody else make it meanwhile."""
        locked = self.try_lock_for_update(allow_referencing=True)
        self.invalidate_recordset(["dossier_state"])
        return bool(locked) and self.dossier_state == "queued"
