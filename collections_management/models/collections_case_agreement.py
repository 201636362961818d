from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class CollectionsCase(models.Model):
    """The agreements of a debtor."""

    _inherit = "collections.case"

    agreement_ids = fields.One2many("collections.agreement", "case_id")
    agreement_count = fields.Integer(string="Agreements", compute="_compute_agreement_count")
    active_agreement_count = fields.Integer(string="Active Agreements", readonly=True)
    broken_agreement_count = fields.Integer(string="Broken Agreements", readonly=True)

    def _compute_agreement_count(self):
        counts = dict(
            self.env["collections.agreement"]._read_group(
                [("case_id", "in", self.ids)], ["case_id"], ["__count"]
            )
        )
        for case in self:
            case.agreement_count = counts.get(case, 0)

    def _store_agreements(self):
        """Write how many agreements stand and how many were broken, in one statement."""
        if not self:
            return
        self.env["collections.agreement"].flush_model(["state", "case_id"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE collections_case kase
                   SET active_agreement_count = fresh.active,
                       broken_agreement_count = fresh.broken
                  FROM (SELECT kase.id,
                               count(*) FILTER (WHERE agreement.state = 'active')::int AS active,
                               count(*) FILTER (WHERE agreement.state = 'broken')::int AS broken
                          FROM collections_case kase
                     LEFT JOIN collections_agreement agreement ON agreement.case_id = kase.id
                         WHERE kase.id = ANY(%s) GROUP BY kase.id) fresh
                 WHERE kase.id = fresh.id
                """,
                self.ids,
            )
        )
        self.invalidate_model(["active_agreement_count", "broken_agreement_count"])

    def action_open_agreements(self):
        """Open the agreements of the case."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_agreement_action"
        )
        return {
            **action,
            "domain": [("case_id", "=", self.id)],
            "context": {"default_case_id": self.id},
        }

    def action_agree(self):
        """Work out a payment plan with the debtor."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_agreement_action_new"
        )
        return {**action, "context": {"default_case_id": self.id}}

    def _merge_into(self, target):
        """The agreements of a merged debtor go on, on the case that stays."""
        agreements = self.env["collections.agreement"].sudo().search([("case_id", "in", self.ids)])
        result = super()._merge_into(target)
        agreements.write({"case_id": target.id})
        for agreement in agreements.filtered(lambda one: one.state == "active"):
            agreement.ledger_mark = max(agreement.line_ids.promise_id.mapped("ledger_mark"))
        (self | target)._store_agreements()
        return result

    @api.model
    def _get_history_domains(self):
        return super()._get_history_domains() | {
            "agreements": [("event", "=like", "agreement_%")],
        }


class CollectionsHold(models.Model):
    """A hold that an agreement set ends with it."""

    _inherit = "collections.hold"

    reason = fields.Selection(
        selection_add=[("agreement", "Agreement")], ondelete={"agreement": "cascade"}
    )
    agreement_id = fields.Many2one(
        "collections.agreement", readonly=True, index="btree_not_null", ondelete="restrict"
    )


class CollectionsAgreement(models.Model):
    _inherit = "collections.agreement"

    hold_ids = fields.One2many("collections.hold", "agreement_id", readonly=True)
    is_held = fields.Boolean(compute="_compute_is_held", search="_search_is_held")

    @api.depends("hold_ids.lifted_on")
    def _compute_is_held(self):
        for agreement in self:
            agreement.is_held = any(not hold.lifted_on for hold in agreement.hold_ids)

    def _search_is_held(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("hold_ids", "any", [("lifted_on", "=", False)])]


class CollectionsAgreementLine(models.Model):
    _inherit = "collections.agreement.line"

    is_charged = fields.Boolean(readonly=True, help="Its interest is in the books.")


class CollectionsPromise(models.Model):
    """A promise that is an instalment stands and falls with its agreement."""

    _inherit = "collections.promise"

    agreement_id = fields.Many2one(
        "collections.agreement",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )

    def _get_rivals(self, lines):
        """Instalments share their receivables, and nothing but their agreement ends them."""
        rivals = super()._get_rivals(lines)
        return rivals.filtered(lambda promise: not promise.sudo().agreement_id)

    def _check_rivals(self):
        """An agreement puts an end to the promises about the same receivables."""
        if self.agreement_id:
            self.sudo().replaces_ids = self._get_rivals(self.sudo().line_ids) - self
        return super()._check_rivals()

    def _get_limits_broken(self, rivals):
        """What an agreement may hold was decided when it was proposed."""
        return {} if self.agreement_id else super()._get_limits_broken(rivals)

    def _check_amount(self, lines):
        """An instalment may hold interest that is charged only when it comes due."""
        return None if self.agreement_id else super()._check_amount(lines)

    def _get_line_fault(self, line):
        if not self.agreement_id and not self.env.context.get("collections_agreement_check"):
            agreement = self.env["collections.agreement"].sudo().search(
                [("receivable_ids", "in", line.ids), ("state", "=", "active")], limit=1
            )  # fmt: skip
            if agreement:
                return self.env._(
                    "%(document)s is in agreement %(agreement)s: its instalments are the promises.",
                    document=line.move_id.name,
                    agreement=agreement.name,
                )
        return super()._get_line_fault(line)

    def _hold(self):
        """The agreement itself holds what it covers, until it ends."""
        return super(
            CollectionsPromise, self.filtered(lambda promise: not promise.agreement_id)
        )._hold()

    def _check_alone(self):
        """:raise UserError: when a promise is an instalment"""
        if agreement := self.sudo().agreement_id[:1]:
            raise UserError(
                self.env._(
                    "It is an instalment of agreement %s: cancel the agreement instead.",
                    agreement.name,
                )
            )

    def action_new(self):
        self._check_alone()
        return super().action_new()

    def action_withdraw(self, reason=None):
        self._check_alone()
        return super().action_withdraw(reason)


class AccountMoveLine(models.Model):
    """What was agreed of a receivable."""

    _inherit = "account.move.line"

    collections_agreement_text = fields.Char(
        string="Agreement", compute="_compute_collections_agreement_text"
    )

    @api.depends_context("lang")
    def _compute_collections_agreement_text(self):
        agreements = self.env["collections.agreement"].search(
            [
                ("receivable_ids", "in", self.ids),
                ("state", "in", ("awaiting", "proposed", "active", "broken")),
            ],
            order="id",
        )
        latest = {line.id: one for one in agreements for line in one.receivable_ids}
        labels = dict(agreements._fields["state"]._description_selection(self.env))
        for line in self:
            agreement = latest.get(line._origin.id)
            line.collections_agreement_text = (
                f"{labels[agreement.state]}: {agreement.name}" if agreement else False
            )
