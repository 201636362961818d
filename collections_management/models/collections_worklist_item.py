from odoo import fields, models


class CollectionsWorklistItem(models.Model):
    """A case on a list of a day."""

    _name = "collections.worklist.item"
    _description = "Case on a List"
    _order = "worklist_id desc, sequence, id"
    _rec_name = "case_id"

    worklist_id = fields.Many2one(
        "collections.worklist", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="worklist_id.company_id")
    user_id = fields.Many2one(related="worklist_id.user_id")
    case_id = fields.Many2one(
        "collections.case", required=True, readonly=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(readonly=True)
    state = fields.Selection(
        [("todo", "To do"), ("done", "Done"), ("skipped", "Put off"), ("gone", "Settled")],
        default="todo",
        required=True,
        readonly=True,
    )
    done_on = fields.Datetime(
        readonly=True, help="When it was last worked, though it may come back the same day."
    )

    _case_unique = models.Constraint("UNIQUE (worklist_id, case_id)", "A case is on a list once.")
