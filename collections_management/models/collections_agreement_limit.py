from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import formatLang

ROLES = ("supervisor", "manager")


class CollectionsSegment(models.Model):
    """What its collectors may agree on alone."""

    _inherit = "collections.segment"

    agreement_limit_count = fields.Integer(
        string="Agreement: Instalments", help="More need approval. 0: any number."
    )
    agreement_limit_days = fields.Integer(
        string="Agreement: Length in Days", help="A longer one needs approval. 0: any length."
    )
    agreement_min_down_percent = fields.Float(
        string="Agreement: Down Payment From %", help="A lower one needs approval."
    )
    agreement_max_discount_percent = fields.Float(
        string="Agreement: Discount up to %", help="A higher one needs approval. 0: every discount."
    )

    _agreement_limits_positive = models.Constraint(
        "CHECK (coalesce(agreement_limit_count, 0) >= 0 AND coalesce(agreement_limit_days, 0) >= 0"
        " AND coalesce(agreement_min_down_percent, 0) BETWEEN 0 AND 100"
        " AND coalesce(agreement_max_discount_percent, 0) BETWEEN 0 AND 100)",
        "The limits of agreements cannot be negative, nor shares above 100 %.",
    )


class CollectionsAgreement(models.Model):
    """Beyond the limits of who proposes it, somebody above decides."""

    _inherit = "collections.agreement"

    approval_role = fields.Selection(
        [("supervisor", "Supervisor"), ("manager", "Manager")],
        string="Approved by a",
        readonly=True,
    )
    limits_broken = fields.Json(readonly=True, help="{limit: what it was}")
    limits_text = fields.Char(string="Why to Approve", compute="_compute_limits_text")
    approver_id = fields.Many2one("res.users", string="Decided by", readonly=True)
    may_approve = fields.Boolean(compute="_compute_may_approve")

    @api.depends("state", "user_id", "approval_role")
    @api.depends_context("uid")
    def _compute_may_approve(self):
        for agreement in self:
            agreement.may_approve = (
                agreement.state == "awaiting"
                and agreement.user_id != self.env.user
                and agreement._has_role(self.env.user, agreement.approval_role)
            )

    @api.model
    def _has_role(self, user, role):
        return user.has_group(f"collections_management.collections_management_group_{role}")

    def _get_limit_vals(self, user):
        """Return who has to approve the terms that a user proposes, and why."""
        role, over = False, {}
        if not self._has_role(user, "supervisor"):
            over = self._get_over(self.case_id.segment_id, "agreement")
            role = "supervisor" if over else False
        if not self._has_role(user, "manager"):
            beyond = self._get_over(self.company_id, "collections_agreement")
            over |= beyond
            role = "manager" if beyond else role
        return {"approval_role": role, "limits_broken": over or False}

    def _get_over(self, source, prefix):
        """Extension point: ``{limit: its value}`` of the limits of a segment or company that the
        terms are beyond."""
        own = self.line_ids.filtered("number")
        down = 100 * self.amount_down / self.amount_debt if self.amount_debt else 0
        over = {}
        facts = {
            "limit_count": len(own),
            "limit_days": (self.date_end - self.date_start).days,
        }
        for name, value in facts.items():
            limit = source[f"{prefix}_{name}"]
            if 0 < limit < value:
                over[name] = limit
        limit = source[f"{prefix}_min_down_percent"]
        if down < limit:
            over["min_down_percent"] = limit
        limit = source[f"{prefix}_max_discount_percent"]
        if self.discount_percent > limit:
            over["max_discount_percent"] = limit
        return over

    @api.depends("limits_broken")
    @api.depends_context("lang")
    def _compute_limits_text(self):
        sentences = self._get_limit_sentences()
        for agreement in self:
            agreement.limits_text = " ".join(
                sentences[name] % formatLang(self.env, value, digits=0 if value % 1 == 0 else 2)
                for name, value in (agreement.limits_broken or {}).items()
            )

    @api.model
    def _get_limit_sentences(self):
        """Extension point: ``{limit: sentence}``."""
        return {
            "limit_count": self.env._("More than %s instalments."),
            "limit_days": self.env._("Longer than %s days."),
            "min_down_percent": self.env._("Less than %s%% of the debt as down payment."),
            "max_discount_percent": self.env._("More than %s%% of discount."),
        }

    def _check_approver(self):
        self._check_collector()
        self._check_state("awaiting")
        for agreement in self:
            if not self._has_role(self.env.user, agreement.approval_role):
                labels = dict(self._fields["approval_role"]._description_selection(self.env))
                raise UserError(
                    self.env._("A %s decides this.", labels[agreement.approval_role].lower())
                )
            if self.env.user in (agreement.user_id | agreement.create_uid):
                raise UserError(self.env._("You proposed it: somebody else decides."))
