import tempfile

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from .collections_dossier_files import safe_name


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

    _dossier_idx = models.Index("(id) WHERE dossier_state = 'queued'")

    def _queue_dossier(self):
        self.write({"dossier_state": "queued", "dossier_progress": 0, "dossier_fault": False})
        self.env.ref("collections_management.collections_write_off_cron_dossier")._trigger()

    def action_make_dossier(self):
        """Make the dossier now, or anew."""
        self.ensure_one()
        self._check_requester()
        self._check_state("posted", "reversed")
        self._lock()
        self.sudo()._make_dossier()
        return True

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
        old.unlink()
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

    @api.model
    def _cron_make_dossiers(self):
        """Make the dossiers that wait, one by one; one that cannot be made says why."""
        progress = self.env["ir.cron"]._commit_progress
        queued = self.search([("dossier_state", "=", "queued")], order="id")
        progress(remaining=len(queued))
        for write_off in queued:
            write_off = write_off.try_lock_for_update(allow_referencing=True)
            if not write_off or write_off.dossier_state != "queued":
                continue

            def step(percent, write_off=write_off):
                if percent >= write_off.dossier_progress + 5:
                    write_off.dossier_progress = percent
                    progress()

            try:
                write_off._make_dossier(step)
            except (UserError, OSError, ValueError) as error:
                self.env.cr.rollback()
                write_off.write({"dossier_state": "failed", "dossier_fault": str(error)})
            if not progress(1):
                return
