from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

WAIVER_REASONS = [
    ("settled", "The debt was settled"),
    ("goodwill", "Goodwill"),
    ("error", "Our mistake"),
    ("dispute", "Disputed with reason"),
    ("agreement", "Part of an agreement"),
    ("law", "The law does not allow it"),
    ("other", "Other"),
]


class CollectionsFee(models.Model):
    """Giving fees up: who may, up to which sum, and how the books take it back."""

    _inherit = "collections.fee"

    waiver_state = fields.Selection(
        [("asked", "Waits for a second person"), ("granted", "Granted"), ("refused", "Refused")],
        string="Waiver",
        readonly=True,
        tracking=True,
        index="btree_not_null",
    )
    waiver_reason = fields.Selection(WAIVER_REASONS, readonly=True)
    waiver_note = fields.Char(readonly=True)
    waiver_asked_by_id = fields.Many2one("res.users", string="Waiver Asked by", readonly=True)
    waiver_decided_by_id = fields.Many2one("res.users", string="Waiver Decided by", readonly=True)
    waiver_decided_on = fields.Datetime(readonly=True)
    can_decide_waiver = fields.Boolean(compute="_compute_can_decide_waiver")

    @api.depends("waiver_state", "waiver_asked_by_id", "amount_company")
    @api.depends_context("uid")
    def _compute_can_decide_waiver(self):
        for fee in self:
            fee.can_decide_waiver = fee.waiver_state == "asked" and not fee._get_refusal()

    @api.model
    def _get_waiver_limit(self, company):
        """Return up to which sum, in company currency, the user gives fees up alone."""
        limits = {
            "manager": company.collections_fee_limit_manager,
            "supervisor": company.collections_fee_limit_supervisor,
            "collector": company.collections_fee_limit_collector,
        }
        prefix = "collections_management.collections_management_group_"
        return next(
            (limit for role, limit in limits.items() if self.env.user.has_group(prefix + role)), -1
        )

    def _is_within_limit(self):
        """Tell whether the user gives all of these up alone: what he asks for at once counts
        together, also with what is waived already of the same debit notes."""
        for company in self.company_id:
            fees = self.filtered(lambda fee, company=company: fee.company_id == company)
            before = self.sudo().search(
                [
                    ("move_id", "in", fees.move_id.ids),
                    ("waiver_asked_by_id", "=", self.env.uid),
                    ("waiver_state", "=", "granted"),
                    ("id", "not in", fees.ids),
                ]
            )
            total = sum((fees | before).mapped("amount_company"))
            limit = self._get_waiver_limit(company.sudo())
            if company.currency_id.compare_amounts(total, limit) > 0:
                return False
        return True

    def _waive(self, reason, note):
        """Give these fees up, or ask a second person where it is above the user's limit.

        :return: True when they are given up now
        """
        self.check_access("read")
        if not self.env.user.has_group(
            "collections_management.collections_management_group_collector"
        ):
            raise AccessError(self.env._("A collector gives fees up."))
        if not (note or "").strip():
            raise UserError(self.env._("Say in a few words why: the log keeps it."))
        self._lock_cases(self.case_id)
        self.invalidate_recordset(["state", "waiver_state"])
        fees = self.filtered(lambda fee: fee.state in ("proposed", "charged"))
        if self - fees:
            raise UserError(self.env._("Some of these are waived or reversed already."))
        if waiting := fees.filtered(lambda fee: fee.waiver_state == "asked"):
            raise UserError(
                self.env._(
                    "A second person is asked already about: %(fees)s",
                    fees=", ".join(waiting.mapped("display_name")),
                )
            )
        alone = fees._is_within_limit()
        fees.sudo().write(
            {
                "waiver_state": "asked",
                "waiver_reason": reason,
                "waiver_note": note,
                "waiver_asked_by_id": self.env.uid,
                "waiver_decided_by_id": False,
            }
        )
        if alone:
            fees._grant()
        else:
            fees._log_waiver("fee_waiver_asked")
        return alone

    def _get_refusal(self):
        """Return why the user may not decide on this waiver, or None."""
        self.ensure_one()
        if self.waiver_asked_by_id == self.env.user:
            return self.env._("You asked for this waiver: another person decides.")
        group = "collections_management.collections_management_group_"
        if self.env.user.has_group(group + "manager"):
            return None
        limit = self._get_waiver_limit(self.company_id.sudo())
        if not self.env.user.has_group(group + "supervisor"):
            return self.env._("A supervisor decides on waivers.")
        if self.company_id.currency_id.compare_amounts(self.amount_company, limit) > 0:
            return self.env._("It is above your limit: a manager decides.")
        return None

    def _check_may_decide(self):
        self.check_access("read")
        self._lock_cases(self.case_id)
        self.invalidate_recordset(["state", "waiver_state", "waiver_asked_by_id"])
        if not self or any(fee.waiver_state != "asked" for fee in self):
            raise UserError(self.env._("Only waivers that somebody asked for are decided on."))
        if refusal := next(filter(None, (fee._get_refusal() for fee in self)), None):
            raise AccessError(refusal)

    def action_grant_waiver(self):
        """Give up what somebody else asked to give up."""
        self._check_may_decide()
        self._grant()
        return True

    def action_refuse_waiver(self):
        """Let these fees stand, whatever somebody asked."""
        self._check_may_decide()
        self.sudo().write(
            {
                "waiver_state": "refused",
                "waiver_decided_by_id": self.env.uid,
                "waiver_decided_on": fields.Datetime.now(),
            }
        )
        self._log_waiver("fee_waiver_refused")
        return True

    def action_ask_waiver(self):
        """Ask why these fees are given up."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Waive Fees"),
            "res_model": "collections.fee.waive",
            "views": [[False, "form"]],
            "target": "new",
            "context": {"default_fee_ids": self.ids},
        }

    def _grant(self):
        """Give fees up: proposed ones are dropped, drafts lose their lines, what is posted gets a
        credit note. The days stay used: they are never charged again."""
        fees_sudo = self.sudo()
        labels = dict(self._fields["waiver_reason"]._description_selection(self.env))
        for move, fees in fees_sudo.filtered("move_id").grouped("move_id").items():
            if move.state == "posted":
                left = {fee: fee.amount - fee.amount_returned for fee in fees}
                fees._credit(move, left, labels.get(fees[:1].waiver_reason, ""))
            elif move.state == "draft":
                fees._strike(move)
        fees_sudo.write(
            {
                "state": "waived",
                "waiver_state": "granted",
                "waiver_decided_by_id": self.env.uid,
                "waiver_decided_on": fields.Datetime.now(),
            }
        )
        self._log_waiver("fee_waived")

    def _strike(self, move):
        """Take these fees out of a draft debit note; with no other line it is cancelled."""
        lines = move.invoice_line_ids.filtered(lambda line: line.collections_fee_id in self)
        if lines == move.invoice_line_ids:
            move.button_cancel()
        else:
            move.write({"invoice_line_ids": [Command.delete(line.id) for line in lines]})

    def _log_waiver(self, event):
        for (reason, note), fees in self.grouped(
            lambda fee: (fee.waiver_reason, fee.waiver_note)
        ).items():
            fees._log_change(event, reason=reason, note=note)
