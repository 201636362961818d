from odoo import api, fields, models
from odoo.tools import formatLang


class CollectionsSegment(models.Model):
    """What its collectors may accept alone."""

    _inherit = "collections.segment"

    promise_limit_open = fields.Integer(
        string="Open Promises", help="So many of a debtor at once without approval. 0: any number."
    )
    promise_limit_days = fields.Integer(
        string="Days Ahead", help="A promise for later needs approval. 0: any date."
    )
    promise_min_percent = fields.Float(
        string="At Least %",
        help="A promise of less of what is overdue in its currency needs approval. 0: any amount.",
    )
    promise_max_percent = fields.Float(
        string="At Most %",
        help="A promise of more of what is overdue in its currency needs approval. 0: any amount.",
    )

    _promise_limits_positive = models.Constraint(
        "CHECK (coalesce(promise_limit_open, 0) >= 0 AND coalesce(promise_limit_days, 0) >= 0"
        " AND coalesce(promise_min_percent, 0) >= 0 AND coalesce(promise_max_percent, 0) >= 0)",
        "The limits of promises cannot be negative.",
    )


class CollectionsPromise(models.Model):
    """Beyond the limits of the segment, a supervisor decides."""

    _inherit = "collections.promise"

    limits_broken = fields.Json(readonly=True, help="{limit: what it was}")
    limits_text = fields.Char(string="Why to Approve", compute="_compute_limits_text")
    approver_id = fields.Many2one("res.users", string="Decided by", readonly=True)

    def _get_limits_broken(self, rivals):
        """Return ``{limit: its value}`` of the limits that a new promise is beyond.

        :param rivals: the promises that it replaces
        """
        self.ensure_one()
        segment = self.case_id.segment_id
        others = self.case_id.promise_ids.filtered(
            lambda promise: promise.state in ("awaiting", "open", "due")
        )
        facts = {
            "promise_limit_open": len(others - self - rivals) + 1,
            "promise_limit_days": (self.date_due - self.date).days,
        }
        over = {name: segment[name] for name, value in facts.items() if 0 < segment[name] < value}
        overdue = sum(self._get_due(self._get_receivables()).mapped("amount_residual_currency"))
        if overdue:
            share = 100 * self.amount / overdue
            if segment.promise_min_percent and share < segment.promise_min_percent:
                over["promise_min_percent"] = segment.promise_min_percent
            if segment.promise_max_percent and share > segment.promise_max_percent:
                over["promise_max_percent"] = segment.promise_max_percent
        return over

    @api.depends("limits_broken")
    @api.depends_context("lang")
    def _compute_limits_text(self):
        sentences = self._get_limit_sentences()
        for promise in self:
            promise.limits_text = " ".join(
                sentences[name] % formatLang(self.env, value, digits=0)
                for name, value in (promise.limits_broken or {}).items()
            )

    @api.model
    def _get_limit_sentences(self):
        """Extension point: ``{limit: sentence}``."""
        return {
            "promise_limit_open": self.env._("More than %s open promises."),
            "promise_limit_days": self.env._("More than %s days ahead."),
            "promise_min_percent": self.env._("Less than %s%% of what is overdue."),
            "promise_max_percent": self.env._("More than %s%% of what is overdue."),
        }
