from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date

WEEK = 7


class CollectionsGoLive(models.TransientModel):
    """The switch: what is missing, what the first week would send, and a yes that is meant."""

    _name = "collections.go.live"
    _description = "Go Live"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )
    mode = fields.Selection(
        selection=lambda self: (
            self.env["res.company"]
            ._fields["collections_start_mode"]
            ._description_selection(self.env)
        ),
        string="Old Debts Enter",
        required=True,
    )
    spread = fields.Integer(string="Spread over Days")
    old_days = fields.Integer(string="Left to a Person above Days")
    problems = fields.Html(compute="_compute_problems", sanitize=False)
    is_ready = fields.Boolean(compute="_compute_problems")
    week = fields.Html(string="The First Week", readonly=True, sanitize=False)
    live_on = fields.Date(related="company_id.collections_live_on")
    safe_mode = fields.Boolean(related="company_id.collections_safe_mode")
    understood = fields.Boolean(string="From the next run on, real debtors get these messages.")

    @api.model
    def default_get(self, fields_list):
        company = self.env.company
        return super().default_get(fields_list) | {
            "mode": company.collections_start_mode or "gentle",
            "spread": company.collections_start_spread,
            "old_days": company.collections_start_old_days,
        }

    @api.depends("company_id")
    @api.depends_context("lang")
    def _compute_problems(self):
        for wizard in self:
            problems = wizard._get_problems()
            wizard.is_ready = not problems
            items = Markup("").join(Markup("<li>%s</li>") % problem for problem in problems)
            wizard.problems = Markup("<ul>%s</ul>") % items if problems else False

    @api.onchange("mode", "spread", "old_days")
    def _onchange_start(self):
        self.week = False  # it was worked out for another start

    def _get_problems(self):
        """Extension point: sentences, each a thing without which nothing may go live."""
        company = self.company_id.sudo()
        problems = []
        if not company.collections_active:
            problems.append(self.env._("The nightly run does not work this company."))
        segments = self.env["collections.segment"].sudo()
        served = segments.search([("company_id", "in", (False, company.id))]).strategy_id
        steps = served.step_ids.filtered(lambda step: step.mode != "manual")
        for channel in steps.channel_ids.filtered(lambda channel: not channel.is_manual):
            if obstacle := channel._get_obstacle(company):
                problems.append(obstacle[1])
        if not company.collections_user_id:
            problems.append(
                self.env._("No default collector: nobody would get the tasks and the answers.")
            )
        return problems

    def _check_manager(self):
        self.ensure_one()
        self.env["collections.run"]._check_manager()
        if self.company_id not in self.env.user.company_ids:
            raise UserError(self.env._("You do not work for this company."))

    def _save_start(self):
        self.company_id.sudo().write(
            {
                "collections_start_mode": self.mode,
                "collections_start_spread": self.spread,
                "collections_start_old_days": self.old_days,
            }
        )

    def action_simulate(self):
        """Show what debtors would get in the first week; nothing leaves and nothing changes."""
        self._check_manager()
        self.week = self._render_week(self.sudo()._simulate())
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Go Live"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [[False, "form"]],
            "target": "new",
        }

    def _simulate(self):
        """Live through the first week as if the company went live now, and undo it.

        :return: ``[(day, messages, to approve, tasks, amount asked for)]``
        """
        company = self.company_id
        today = self.env["collections.ledger"]._today(company)
        preview = self.env["collections.preview"].create({"company_id": company.id, "date": today})
        rows = []
        with preview._pretend():
            self._save_start()
            company.write({"collections_safe_mode": False})
            for offset in range(WEEK):
                day = today + timedelta(days=offset)
                left = preview._pretend_sending(preview._plan_night(day), day)
                tasks = left.filtered("is_manual")
                approvals = (left - tasks).filtered(lambda item: item._needs_approval())
                asked = sum({item.case_id: item.amount for item in left - tasks}.values())
                messages = len(left - tasks) - len(approvals)
                rows.append((day, messages, len(approvals), len(tasks), asked))
        return rows

    def _render_week(self, rows):
        titles = [
            self.env._("Day"),
            self.env._("Leave by themselves"),
            self.env._("Wait for approval"),
            self.env._("Tasks"),
            self.env._("Asked for"),
        ]
        body = Markup("")
        for day, *counts, asked in rows:
            cells = [format_date(self.env, day, date_format="EEE d MMM"), *counts]
            cells.append(format_amount(self.env, asked, self.company_id.currency_id))
            body += Markup("<tr>%s</tr>") % Markup("").join(
                Markup("<td class='%s'>%s</td>") % ("text-end" if index else "", cell)
                for index, cell in enumerate(cells)
            )
        head = Markup("").join(
            Markup("<th scope='col' class='%s'>%s</th>") % ("text-end" if index else "", title)
            for index, title in enumerate(titles)
        )
        return (
            Markup("<table class='table table-sm mb-0'><thead><tr>%s</tr></thead>%s</table>")
            % (head, Markup("<tbody>%s</tbody>") % body)
        )  # fmt: skip

    def action_go_live(self):
        """Switch safe mode off; old debts enter the ladder today."""
        self._check_manager()
        if problems := self._get_problems():
            raise UserError("\n".join(problems))
        if not self.understood:
            raise UserError(self.env._("Confirm that real debtors will get messages."))
        self._save_start()
        self.company_id.sudo().collections_safe_mode = False
        return {"type": "ir.actions.client", "tag": "reload"}

    def action_back_to_safe_mode(self):
        """Switch safe mode on again: from now on everything goes to the test address."""
        self._check_manager()
        self.company_id.sudo().collections_safe_mode = True
        return {"type": "ir.actions.client", "tag": "reload"}
