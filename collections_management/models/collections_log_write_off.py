from odoo import api, fields, models


class CollectionsLog(models.Model):
    """What the log tells of debts that are given up, and of what comes back of them."""

    _inherit = "collections.log"

    event = fields.Selection(
        selection_add=[
            ("write_off_requested", "Write-off asked for"),
            ("write_off_approved", "Write-off approved"),
            ("write_off_refused", "Write-off refused"),
            ("write_off_withdrawn", "Write-off withdrawn"),
            ("written_off", "Written off"),
            ("write_off_reversed", "Write-off reversed"),
            ("dossier_made", "Evidence dossier made"),
            ("recovered", "Recovered after the write-off"),
            ("recovery_reversed", "Recovery reversed"),
        ],
        ondelete={
            "write_off_requested": "cascade",
            "write_off_approved": "cascade",
            "write_off_refused": "cascade",
            "write_off_withdrawn": "cascade",
            "written_off": "cascade",
            "write_off_reversed": "cascade",
            "dossier_made": "cascade",
            "recovered": "cascade",
            "recovery_reversed": "cascade",
        },
    )

    @api.model
    def _get_summary_formats(self):
        return super()._get_summary_formats() | {
            "write_off_requested": [self.env._("Write-off of %(amount)s asked for")],
            "write_off_approved": [self.env._("Write-off of %(amount)s approved")],
            "write_off_refused": [self.env._("Write-off of %(amount)s refused")],
            "write_off_withdrawn": [self.env._("Write-off of %(amount)s withdrawn")],
            "written_off": [self.env._("Written off: %(amount)s, entry %(entry)s")],
            "write_off_reversed": [self.env._("Write-off of %(amount)s reversed, entry %(entry)s")],
            "dossier_made": [self.env._("Evidence dossier made: %(pages)s pages, %(files)s files")],
            "recovered": [self.env._("Recovered: %(amount)s, entry %(entry)s")],
            "recovery_reversed": [self.env._("Recovery of %(amount)s reversed")],
        }

    @api.model
    def _get_event_icons(self):
        return super()._get_event_icons() | {
            "write_off_requested": "fa-question-circle-o",
            "write_off_approved": "fa-thumbs-o-up",
            "write_off_refused": "fa-thumbs-o-down",
            "write_off_withdrawn": "fa-ban",
            "written_off": "fa-eraser",
            "write_off_reversed": "fa-undo",
            "dossier_made": "fa-folder-open",
            "recovered": "fa-money",
            "recovery_reversed": "fa-undo",
        }

    @api.model
    def _get_data_models(self):
        return super()._get_data_models() | {
            "write_off": "collections.write.off",
            "entry": "account.move",
        }
