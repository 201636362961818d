from datetime import timedelta

from odoo import api, fields, models

KEPT_DAYS = 400
FAULTS = ("unreachable", "slow", "busy", "refused")


class CollectionsLlmCall(models.Model):
    """One question to the language model, without what was asked: for the cap, and so that an
    administrator sees what it is good for."""

    _name = "collections.llm.call"
    _description = "Question to the Language Model"
    _order = "id desc"
    _rec_name = "outcome"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    moment = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    milliseconds = fields.Integer(readonly=True, aggregator="avg")
    outcome = fields.Selection(
        [
            ("proposed", "Proposed to the debtor"),
            ("unsure", "Not certain enough"),
            ("intent", "No meaning that may be proposed"),
            ("excerpt", "Quoted what was not written"),
            ("malformed", "Answer not as agreed"),
            ("unreachable", "Not reached"),
            ("slow", "No answer in time"),
            ("busy", "Too many questions for the provider"),
            ("refused", "Refused or broken"),
        ],
        required=True,
        readonly=True,
    )
    intent = fields.Char(readonly=True, help="What was proposed.")
    confidence = fields.Float(readonly=True, aggregator="avg")

    _moment_idx = models.Index("(company_id, moment)")

    @api.autovacuum
    def _gc_calls(self):
        """Forget the questions of long ago."""
        before = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        old = self.search([("moment", "<", before)], limit=10_000)
        old.unlink()
        return len(old), len(old) == 10_000
