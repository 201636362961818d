from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount

from ..models.collections_contact import PENDING_STATES

BATCH = 2000


class CollectionsFeePreview(models.TransientModel):
    """What would be charged: on one case today, or on every debtor tonight. Nothing is written."""

    _name = "collections.fee.preview"
    _description = "Preview of Fees"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )
    case_id = fields.Many2one("collections.case", readonly=True)
    policy_ids = fields.Many2many(
        "collections.fee.policy",
        string="By Policy",
        domain="[('company_id', '=', company_id)]",
    )
    line_ids = fields.One2many("collections.fee.preview.line", "preview_id", readonly=True)
    total_text = fields.Char("Would Be Charged", compute="_compute_total_text")
    refused_count = fields.Integer(compute="_compute_total_text")
    needs_approval = fields.Boolean(compute="_compute_total_text")

    @api.model
    def default_get(self, fields_list):
        """A case brings its company and the policies of its step, else the first of all."""
        values = super().default_get(fields_list)
        if case_id := values.get("case_id"):
            case = self.env["collections.case"].browse(case_id)
            policies = self._get_policies(case)
            values.update(company_id=case.company_id.id, policy_ids=[Command.set(policies.ids)])
        return values

    def _get_policies(self, case):
        """Return the policies a case is charged by when nobody chooses."""
        policies = self.env["collections.fee.policy"].search(
            [("company_id", "=", case.company_id.id)]
        )
        return (case.step_id.fee_policy_ids & policies) or policies[:1]

    @api.model_create_multi
    def create(self, vals_list):
        previews = super().create(vals_list)
        for preview in previews:
            preview._fill()
        return previews

    def write(self, vals):
        result = super().write(vals)
        if "policy_ids" in vals:
            for preview in self:
                preview._fill()
        return result

    @api.onchange("policy_ids")
    def _onchange_policy_ids(self):
        """Show at once what would be charged; saving computes it again."""
        self.line_ids = [Command.clear(), *map(Command.create, self._get_rows())]

    @api.depends("line_ids")
    def _compute_total_text(self):
        for preview in self:
            totals = defaultdict(float)
            for line in preview.line_ids.filtered(lambda line: not line.problem):
                totals[line.currency_id] += line.amount
            preview.total_text = " + ".join(
                f"{format_amount(self.env, amount, currency)} ({currency.name})"
                for currency, amount in totals.items()
            )
            preview.refused_count = len(preview.line_ids.filtered("problem"))
            preview.needs_approval = "approval" in preview.line_ids.policy_id.mapped("mode")

    def _fill(self):
        """Compute the lines anew."""
        self.ensure_one()
        rows = [{**row, "preview_id": self.id} for row in self._get_rows()]
        self.sudo().line_ids.unlink()
        self.env["collections.fee.preview.line"].sudo().create(rows)
        self.invalidate_recordset(["line_ids"])

    def _get_rows(self):
        """Return the values of the lines, as the ledger stands now."""
        if self.case_id:
            self.case_id.check_access("read")
            policies = self.policy_ids._origin
            jobs = [(policy, self.case_id._origin, None, "preview") for policy in policies]
        else:
            self._check_supervisor()
            jobs = self.sudo()._get_tonight()
        calculator = self.env["collections.fee.calculator"].sudo()
        return [
            self._prepare_line(policy, charge)
            for policy, cases, lines, occasion in jobs
            for charge in calculator._compute_charges(
                policy.sudo(), cases.sudo(), lines=lines, occasion=occasion
            )
        ]

    def _check_supervisor(self):
        if not self.env.user.has_group(
            "collections_management.collections_management_group_supervisor"
        ):
            raise UserError(self.env._("A supervisor previews the fees of every debtor."))

    def _get_tonight(self):
        """Return ``[(policy, cases, lines, occasion)]`` of the steps that would speak tonight, or
        wait to leave."""
        company = self.company_id
        steps = self.env["collections.step"].search(
            [("fee_policy_ids.company_id", "=", company.id)]
        )
        case_ids = defaultdict(list)
        waiting = self.env["collections.contact"]._read_group(
            [
                ("company_id", "=", company.id),
                ("step_id", "in", steps.ids),
                ("state", "in", PENDING_STATES),
            ],
            ["step_id"],
            ["case_id:array_agg"],
        )
        for step, ids in waiting:
            case_ids[step.id] += ids
        cases = self.env["collections.case"].search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "open"),
                ("strategy_id", "in", steps.strategy_id.ids),
            ]
        )
        today = self.env["collections.ledger"]._today(company)
        for start in range(0, len(cases), BATCH):
            decisions = self.env["collections.planner"]._decide(cases[start : start + BATCH], today)
            for case_id, (decision, _facts) in decisions.items():
                if decision.speak and decision.rung.id in steps.ids:
                    case_ids[decision.rung.id].append(case_id)
        return [
            (policy, cases.browse(sorted(set(ids))), None, f"step/{step.id}/0")
            for step in steps
            if (ids := case_ids.get(step.id))
            for policy in step.fee_policy_ids
            if policy.active and policy.company_id == company
        ]

    def _prepare_line(self, policy, charge):
        """Return the values of a line."""
        debt = charge.debt
        return {
            "case_id": debt.case_id,
            "partner_id": debt.partner_id,
            "policy_id": policy.id,
            "name": debt.name,
            "date_due": debt.due,
            "kind": charge.kind,
            "date_from": charge.date_from,
            "date_to": charge.date_to,
            "days": sum(part.days for part in charge.slices),
            "currency_id": debt.currency_id,
            "amount": float(charge.amount),
            "problem": charge.problem,
        }

    def action_charge(self):
        """Charge the case by the chosen policies, as the preview shows it."""
        self.ensure_one()
        if not self.case_id:
            raise UserError(self.env._("The run charges these, each once its message has left."))
        fees = self.env["collections.fee"]._charge_by_hand(self.policy_ids, self.case_id)
        if not fees:
            raise UserError(self.env._("There is nothing to charge any more."))
        proposed = fees.filtered(lambda fee: fee.state == "proposed")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": self.env._("A supervisor is asked to approve the fees.")
                if proposed
                else self.env._("The fees are charged."),
                "type": "warning" if proposed else "success",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
