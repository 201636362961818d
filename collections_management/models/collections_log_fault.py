from odoo import fields, models


class CollectionsLogFault(models.Model):
    """One thing that a check found wrong."""

    _name = "collections.log.fault"
    _description = "Collections Log Fault"
    _log_access = False
    _order = "check_id desc, id"

    check_id = fields.Many2one(
        "collections.log.check", required=True, readonly=True, index=True, ondelete="cascade"
    )
    case_id = fields.Many2one("collections.case", readonly=True, index=True, ondelete="cascade")
    sequence = fields.Integer("Entry", readonly=True, aggregator=None)
    kind = fields.Char(readonly=True)
    description = fields.Char(readonly=True)
