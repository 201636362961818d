from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize, format_amount
from odoo.tools.mail import formataddr

STAGES = [
    ("company", "Company"),
    ("people", "People"),
    ("tone", "Tone"),
    ("sender", "Sender"),
    ("start", "Old Debts"),
    ("tonight", "Tonight"),
]
# Share of the overdue amount that is older than 90 days, and the strategy it asks for.
LATE, PUNCTUAL = 0.4, 0.1


class CollectionsOnboarding(models.TransientModel):
    """Set up a company in a few steps. It ends with safe mode still on: going live is a switch of
    its own. Opened again, it shows and changes what was set."""

    _name = "collections.onboarding"
    _description = "Set Up Collections"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    stage = fields.Selection(STAGES, required=True, readonly=True, default="company")

    # company
    street = fields.Char()
    city = fields.Char()
    zip = fields.Char()
    country_id = fields.Many2one("res.country")
    phone = fields.Char()
    missing = fields.Html(compute="_compute_missing", sanitize=False)
    # people
    user_id = fields.Many2one(
        "res.users", string="Default Collector", domain="[('share', '=', False)]"
    )
    # tone
    aging = fields.Html(compute="_compute_aging", sanitize=False)
    proposal = fields.Char(compute="_compute_aging")
    strategy_id = fields.Many2one(
        "collections.strategy",
        string="For Most Debtors",
        domain="[('company_id', 'in', (False, company_id))]",
    )
    large_count = fields.Integer(compute="_compute_aging")
    large_amount = fields.Monetary(compute="_compute_aging")
    add_large = fields.Boolean(
        string="Watch the large ones", help="A segment of their own, which you can open any day."
    )
    # sender
    email_from = fields.Char(string="Sender")
    reply_to = fields.Char(string="Answers Go To")
    test_email = fields.Char(string="Test Address")
    obstacle = fields.Char(compute="_compute_obstacle")
    test_sent = fields.Char(string="Test Sent to", readonly=True)
    # start
    start_mode = fields.Selection(
        selection=lambda self: (
            self.env["res.company"]
            ._fields["collections_start_mode"]
            ._description_selection(self.env)
        ),
        string="Old Debts Enter",
        default="gentle",
    )
    start_spread = fields.Integer(string="Spread over Days")
    start_old_days = fields.Integer(string="Left to a Person above Days")
    review_runs = fields.Boolean(string="Look at Each Run First")
    # tonight
    tonight = fields.Char(readonly=True)

    @api.model
    def default_get(self, fields_list):
        company = self.env.company
        segment = self._get_last_segment(company)
        return super().default_get(fields_list) | {
            "street": company.street,
            "city": company.city,
            "zip": company.zip,
            "country_id": company.country_id.id,
            "phone": company.phone,
            "user_id": company.collections_user_id.id or self.env.uid,
            "strategy_id": segment.strategy_id.id,
            "email_from": company.collections_email_from,
            "reply_to": company.collections_reply_to,
            "test_email": company.collections_test_email or self.env.user.email_normalized,
            "start_mode": company.collections_start_mode,
            "start_spread": company.collections_start_spread,
            "start_old_days": company.collections_start_old_days,
            "review_runs": company.collections_review_runs,
        }

    @api.depends("company_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for wizard in self:
            wizard.display_name = self.env._("Set up collections")

    @api.model
    def action_open(self):
        """Open the set-up of the current company; its cases are read first, for the proposals."""
        self.env["collections.run"]._check_manager()
        self.env["collections.ledger"].sudo()._refresh(self.env.company)
        wizard = self.create({})
        if not self.env.company.collections_set_up_on:
            wizard.strategy_id = wizard._get_proposed_strategy() or wizard.strategy_id
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Set up collections"),
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [[False, "form"]],
            "target": "current",
        }

    # -- what is found ---------------------------------------------------------------------------

    @api.depends("company_id", "street", "city", "country_id")
    @api.depends_context("lang")
    def _compute_missing(self):
        for wizard in self:
            sentences = wizard._get_missing()
            items = Markup("").join(Markup("<li>%s</li>") % sentence for sentence in sentences)
            wizard.missing = Markup("<ul>%s</ul>") % items if sentences else False

    def _get_missing(self):
        """Return what letters and messages will lack, as sentences."""
        company = self.company_id.sudo()
        sentences = []
        if not company.partner_id.bank_ids.filtered("acc_number"):
            sentences.append(
                self.env._(
                    "No bank account: messages cannot say where to pay. Add one on the company's "
                    "contact."
                )
            )
        if not company.logo or company.uses_default_logo:
            sentences.append(self.env._("No logo: letters go out with the name alone."))
        if not (self.street and self.city and self.country_id):
            sentences.append(
                self.env._("No complete address: debtors expect to see who writes to them.")
            )
        return sentences

    @api.depends("company_id")
    @api.depends_context("lang")
    def _compute_aging(self):
        for wizard in self:
            aging = wizard._get_aging()
            wizard.aging = wizard._render_aging(aging)
            wizard.large_amount, wizard.large_count = wizard._get_large()
            wizard.proposal = wizard._explain_proposal(aging)

    def _get_aging(self):
        """Return the sums of the company's open cases, one query."""
        names = ["amount_not_due", "amount_1_30", "amount_31_60", "amount_61_90", "amount_over_90"]
        [sums] = self.env["collections.case"].sudo()._read_group(
            [("company_id", "=", self.company_id.id), ("state", "=", "open")],
            aggregates=[*(f"{name}:sum" for name in names), "__count"],
        )  # fmt: skip
        *amounts, count = sums
        return {
            **dict(zip(names, (amount or 0 for amount in amounts), strict=True)),
            "count": count,
        }

    def _render_aging(self, aging):
        labels = {
            "amount_not_due": self.env._("Not due"),
            "amount_1_30": self.env._("1-30 days"),
            "amount_31_60": self.env._("31-60 days"),
            "amount_61_90": self.env._("61-90 days"),
            "amount_over_90": self.env._("Over 90 days"),
        }
        rows = Markup("").join(
            Markup("<tr><td>%s</td><td class='text-end'>%s</td></tr>")
            % (label, format_amount(self.env, aging[name], self.currency_id))
            for name, label in labels.items()
        )
        return Markup("<table class='table table-sm mb-0'><tbody>%s</tbody></table>") % rows

    def _get_late_share(self, aging):
        """Return which part of the overdue amount is older than 90 days; None: nothing overdue."""
        overdue = sum(
            aging[name]
            for name in ("amount_1_30", "amount_31_60", "amount_61_90", "amount_over_90")
        )
        return aging["amount_over_90"] / overdue if overdue else None

    def _get_proposed_strategy(self):
        """Return the strategy the present aging asks for."""
        share = self._get_late_share(self._get_aging())
        if share is None:
            return self.env["collections.strategy"]
        name = "firm" if share >= LATE else "friendly" if share <= PUNCTUAL else "standard"
        strategy = self.env.ref(
            f"collections_management.collections_strategy_{name}", raise_if_not_found=False
        )
        return (strategy and strategy.exists()) or self.env["collections.strategy"]

    def _explain_proposal(self, aging):
        share = self._get_late_share(aging)
        if not aging["count"]:
            return self.env._("No open receivables yet: cases open by themselves as you invoice.")
        if share is None:
            return self.env._("Nothing is overdue: the friendliest strategy will do.")
        return self.env._(
            "%(share)s %% of what is overdue is older than 90 days: we propose “%(strategy)s”.",
            share=round(100 * share),
            strategy=self._get_proposed_strategy().name,
        )

    def _get_large(self):
        """Return ``(amount, count)``: the debtors from that amount on owe 80 % of it all."""
        totals = self._get_totals()
        target, running = 0.8 * sum(totals), 0
        for count, total in enumerate(totals, start=1):
            running += total
            if running >= target:
                return total, count
        return 0, 0

    def _get_totals(self):
        """Return what each debtor owes, the largest first."""
        cases = self.env["collections.case"].sudo()
        return cases.search_fetch(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "open"),
                ("amount_total", ">", 0),
            ],
            ["amount_total"],
            order="amount_total desc, id",
        ).mapped("amount_total")

    @api.depends("email_from", "company_id")
    @api.depends_context("lang")
    def _compute_obstacle(self):
        channel = self.env.ref("collections_management.collections_channel_email")
        for wizard in self:
            found = channel.sudo()._get_obstacle(wizard.company_id)
            wizard.obstacle = found and found[1]

    # -- going on --------------------------------------------------------------------------------

    def action_next(self):
        """Keep what this step says and go to the next."""
        self._check()
        getattr(self.sudo(), f"_save_{self.stage}")()
        names = [name for name, _label in STAGES]
        self.stage = names[min(names.index(self.stage) + 1, len(names) - 1)]
        if self.stage == "tonight":
            self.tonight = self.sudo()._look_at_tonight()
        return True

    def action_back(self):
        """Go back a step."""
        self._check()
        names = [name for name, _label in STAGES]
        self.stage = names[max(names.index(self.stage) - 1, 0)]
        return True

    def _check(self):
        self.ensure_one()
        self.env["collections.run"]._check_manager()
        if self.company_id not in self.env.user.company_ids:
            raise UserError(self.env._("You do not work for this company."))

    def _save_company(self):
        names = ("street", "city", "zip", "phone")
        self.company_id.write(
            {name: self[name] for name in names} | {"country_id": self.country_id.id}
        )

    def _save_people(self):
        if not self.user_id:
            raise UserError(self.env._("Choose who gets the tasks and the answers."))
        group = "collections_management.collections_management_group_collector"
        if not self.user_id.has_group(group):
            raise UserError(
                self.env._(
                    "%(user)s has no role in collections: an administrator gives one in Settings > "
                    "Users.",
                    user=self.user_id.name,
                )
            )
        self.company_id.collections_user_id = self.user_id

    @api.model
    def _get_last_segment(self, company):
        """Return the segment that takes whoever no other takes, or an empty one."""
        segments = self.env["collections.segment"].sudo().search(
            [("company_id", "in", (company.id, False))]
        )  # fmt: skip
        return segments.filtered(lambda segment: not segment._get_domain())[-1:]

    def _save_tone(self):
        if not self.strategy_id:
            raise UserError(self.env._("Choose a strategy; you can change it any day."))
        segments = self.env["collections.segment"]
        last = self._get_last_segment(self.company_id)
        if last.company_id == self.company_id:
            last.strategy_id = self.strategy_id
        elif last.strategy_id != self.strategy_id:  # the shared one serves other companies too
            segments.create(
                {
                    "name": self.env._("Everybody else"),
                    "company_id": self.company_id.id,
                    "sequence": max(last.sequence - 1, 0),
                    "strategy_id": self.strategy_id.id,
                }
            )
        if self.add_large and self.large_count:
            segments.create(
                {
                    "name": self.env._("Large debtors"),
                    "company_id": self.company_id.id,
                    "sequence": 5,
                    "domain": repr([("amount_total", ">=", self.large_amount)]),
                    "strategy_id": self.strategy_id.id,
                    "note": self.env._("They owe 80 % of it all at the day of the set-up."),
                }
            )
            self.add_large = False
        self.env["collections.segment"]._assign(self.company_id)

    def _save_sender(self):
        self.company_id.write(
            {
                "collections_email_from": self.email_from,
                "collections_reply_to": self.reply_to,
                "collections_test_email": self.test_email,
            }
        )

    def action_send_test(self):
        """Send one real message to the test address, through the very mail server."""
        self._check()
        wizard = self.sudo()
        wizard._save_sender()
        address = email_normalize(self.test_email or "")
        if not address:
            raise UserError(self.env._("Write the address the test goes to."))
        if wizard.obstacle:
            raise UserError(wizard.obstacle)
        subject, body = wizard._render_test()
        mail = self.env["mail.mail"].sudo().create(
            {
                "subject": subject,
                "body_html": body,
                "email_from": self.env["collections.contact"]._get_sender(self.company_id.sudo()),
                "email_to": formataddr((self.env.user.name, address)),
                "reply_to": self.reply_to or False,
                "auto_delete": False,
            }
        )  # fmt: skip
        mail.send()
        if mail.state != "sent":
            raise UserError(
                self.env._(
                    "The mail server did not take it: %(reason)s", reason=mail.failure_reason or ""
                )
            )
        self.test_sent = address
        return True

    def _render_test(self):
        """Return ``(subject, body)`` of what the debtor who owes most would be told first."""
        case = self.env["collections.case"].search(
            [("company_id", "=", self.company_id.id), ("state", "=", "open")],
            order="amount_net_overdue desc, id",
            limit=1,
        )
        step = self.strategy_id.step_ids.filtered(
            lambda step: step.days > 0 and step.template_ids and step.mode != "manual"
        )[:1]
        if not case or not step:
            return (
                self.env._("A test of %(company)s's collections", company=self.company_id.name),
                Markup("<p>%s</p>")
                % self.env._("If you read this, messages leave and arrive as they should."),
            )
        with self.env["collections.preview"]._pretend():
            contact = self.env["collections.contact"].create(
                {
                    "case_id": case.id,
                    "company_id": self.company_id.id,
                    "step_id": step.id,
                    "channel_id": step._get_channels()[:1].id,
                }
            )
            content = contact._render_content()[contact.id]
        name = case.partner_id.display_name
        return f"[{self.env._('Test, for %(debtor)s', debtor=name)}] {content['subject']}", content[
            "body"
        ]

    def _save_start(self):
        self.company_id.write(
            {
                "collections_start_mode": self.start_mode,
                "collections_start_spread": self.start_spread,
                "collections_start_old_days": self.start_old_days,
                "collections_review_runs": self.review_runs,
            }
        )
        if not self.company_id.collections_live_on:  # so that the preview tells the truth
            day = self.env["collections.ledger"]._today(self.company_id)
            self.env["collections.start"]._apply(self.company_id, day)

    def _look_at_tonight(self):
        return self.env["collections.preview"]._create_for(self.company_id).summary

    def action_preview(self):
        """Open tonight's preview."""
        self._check()
        return self.env["collections.run"].with_company(self.company_id).action_preview()

    def action_finish(self):
        """End the set-up. Safe mode stays as it is: going live is a step of its own."""
        self._check()
        self.company_id.sudo().collections_set_up_on = fields.Date.context_today(self)
        cases = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_case_action"
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(company)s is set up. Safe mode stays on: messages go to %(address)s.",
                    company=self.company_id.name,
                    address=self.company_id.sudo().collections_test_email or "…",
                ),
                "next": cases | {"target": "main"},
            },
        }

    def action_go_live(self):
        """End the set-up and open the switch."""
        self.action_finish()
        return self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_go_live_action"
        )
