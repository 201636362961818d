from datetime import timedelta

from odoo import api, models
from odoo.tools import date_utils, format_date

from ..engine import documents

NEXT = 10


class CollectionsReportMine(models.AbstractModel):
    """The page a collector begins with: his portfolio, his month, his promises, what to do next."""

    _name = "collections.report.mine"
    _description = "My Page"
    _inherit = ["collections.report.story", "collections.report.base"]

    _report_code = "mine"
    _report_sequence = 2
    _report_groups = "collections_management.collections_management_group_collector"

    @api.model
    def _get_title(self):
        return self.env._("My Page")

    @api.model
    def _get_case_domain(self, options):
        return [*super()._get_case_domain(options), ("user_id", "=", self.env.uid)]

    @api.model
    def _get_document(self, options):
        today = self._today()
        cases = self._get_case_sums(options)
        return documents.document(
            self._get_title(),
            [
                *(self._make_portfolio(*one, len(cases) > 1) for one in cases),
                *self._make_month(today),
                self._make_next_table(options),
                self._make_promises_table(options, today + timedelta(days=14)),
            ],
            subtitle=f"{self.env.user.name} · {format_date(self.env, today)}",
            notes=[]
            if cases
            else [self.env._("You have no case yet: your supervisor gives them.")],
        )

    # -- my portfolio ----------------------------------------------------------------------------

    def _get_case_sums(self, options):
        """Return ``[(currency, {name: sum})]`` of my open cases."""
        sums = {
            "count": "__count", "total": "amount_total:sum", "overdue": "amount_net_overdue:sum",
            "not_due": "amount_not_due:sum", "age_1": "amount_1_30:sum",
            "age_2": "amount_31_60:sum", "age_3": "amount_61_90:sum", "age_4": "amount_over_90:sum",
        }  # fmt: skip
        domain = [*self._get_case_domain(options), ("state", "=", "open")]
        found = {}
        for company, *values in self.env["collections.case"]._read_group(
            domain, ["company_id"], list(sums.values())
        ):
            one = found.setdefault(company.currency_id, dict.fromkeys(sums, 0))
            for name, value in zip(sums, values, strict=True):
                one[name] += value
        decide = self.env["collections.case"]._read_group(
            [*domain, ("needs_decision", "=", True)], ["company_id"], ["__count"]
        )
        for company, count in decide:
            found[company.currency_id]["decide"] = (
                found[company.currency_id].get("decide", 0) + count
            )
        return list(found.items())

    def _make_portfolio(self, currency, sums, several):
        suffix = f" ({currency.name})" if several else ""
        words = self._get_age_words()
        money = {"kind": "money", "currency": currency.id}
        ages = ("not_due", "age_1", "age_2", "age_3", "age_4")
        source = self.env._("Your open cases, as the books stood at their last refresh.")
        return documents.figures(
            f"portfolio-{currency.id}",
            self.env._("My portfolio") + suffix,
            [
                documents.figure("cases", self.env._("Open cases"), sums["count"], "integer",
                                 drill="cases-0"),
                documents.figure(
                    "overdue", self.env._("Net overdue"), sums["overdue"], **money, better="down",
                    formula=self.env._("Overdue less credits, of each case above zero or below."),
                    sources=source, drill="overdue-0",
                ),
                documents.figure("total", self.env._("Owed in all"), sums["total"], **money),
                documents.figure("decide", self.env._("To decide"), sums.get("decide", 0),
                                 "integer", drill="decide-0"),
                *(
                    documents.figure(name, words[name], sums[name], **money)
                    for name in ages
                ),
            ],
        )  # fmt: skip

    # -- my month --------------------------------------------------------------------------------

    def _make_month(self, today):
        """Return my work and results since the month began, beside what was aimed at."""
        first = date_utils.start_of(today, "month")
        targets = self.env["collections.target"]
        targets = targets.search(
            [("user_id", "=", self.env.uid), ("date_from", "<=", today), ("date_to", ">=", today),
             ("company_id", "in", self.env.companies.ids)],
        ) if targets.has_access("read") else targets  # fmt: skip
        if not targets:
            return [
                documents.text(
                    "month",
                    self.env._("My month"),
                    [
                        self.env._(
                            "Nobody has set a target for you for %s: nothing to compare with.",
                            format_date(self.env, first, date_format="MMMM yyyy"),
                        )
                    ],
                )
            ]
        return [
            documents.figures(
                f"month-{target.id}",
                self.env._("My target until %s", format_date(self.env, target.date_to)),
                self._get_target_figures(target),
            )
            for target in targets
        ]

    def _get_target_figures(self, target):
        currency = target.currency_id.id
        source = self.env._("Payments noticed while you had the case, as the ledger tells.")
        return [
            documents.figure(
                "recovered",
                self.env._("Recovered"),
                target.recovered,
                currency=currency,
                better="up",
                formula=self.env._("Payments of your debtors in the period."),
                sources=source,
            ),
            documents.figure("aim", self.env._("To recover"), target.amount, currency=currency),
            documents.figure(
                "share",
                self.env._("Of the target"),
                target.recovered_share if target.amount else None,
                "percent",
                better="up",
                undefined=self.env._("No amount is aimed at."),
                formula=self.env._("Recovered / target × 100."),
                sources=source,
                caveat=self.env._("Of the time, %s %% is gone.", round(target.elapsed_share)),
            ),
            documents.figure(
                "contacts", self.env._("Debtors spoken to"), target.contacts, "integer"
            ),
            documents.figure("promises", self.env._("Promises got"), target.promises, "integer"),
        ]

    # -- what to do next -------------------------------------------------------------------------

    def _make_next_table(self, options):
        """Return the cases at the head of today's list, or the most overdue that nothing holds."""
        cases, title = self._get_next_cases(options)
        rows = [
            documents.row(
                case.id,
                {
                    "name": {"id": case.id, "model": "collections.case",
                             "name": case.partner_id.display_name},
                    "overdue": case.amount_net_overdue,
                    "days": case.days_past_due,
                    "last": case.last_contact_date and case.last_contact_date.isoformat(),
                    "why": case.hold_text or case.decision_text or "",
                },
                currency=case.currency_id.id,
                drill=f"case-{case.id}",
            )
            for case in cases
        ]  # fmt: skip
        return documents.table(
            "next",
            title,
            [
                documents.column("name", self.env._("Debtor"), "record"),
                documents.column("overdue", self.env._("Net overdue"), "money"),
                documents.column("days", self.env._("Days late"), "integer"),
                documents.column("last", self.env._("Last contact"), "date"),
                documents.column("why", self.env._("Now")),
            ],
            rows,
            totals=[],
            empty=self.env._("Nothing waits for you: nobody of yours is overdue and free."),
        )

    def _get_next_cases(self, options):
        items = self.env["collections.worklist.item"].search(
            [
                ("user_id", "=", self.env.uid),
                ("company_id", "in", self.env.companies.ids),
                ("worklist_id.date", "=", self._today()),
                ("state", "=", "todo"),
            ],
            limit=NEXT,
        )
        if items:
            return items.case_id, self.env._("What to do next: the head of today's list")
        domain = [
            *self._get_case_domain(options),
            ("state", "=", "open"), ("amount_net_overdue", ">", 0), ("is_held", "=", False),
        ]  # fmt: skip
        cases = self.env["collections.case"].search(
            domain, order="amount_net_overdue desc, id", limit=NEXT
        )
        return cases, self.env._("What to do next: the most overdue that nothing holds")

    @api.model
    def _get_drill(self, options, key):
        domain = [*self._get_case_domain(options), ("state", "=", "open")]
        more = {
            "cases-0": [],
            "overdue-0": [("amount_net_overdue", ">", 0)],
            "decide-0": [("needs_decision", "=", True)],
        }
        if key in more:
            name = self.env._("My Cases")
            return self._open_records("collections.case", [*domain, *more[key]], name)
        kind, _separator, value = str(key).partition("-")
        if kind == "case" and value.isdigit():
            return {
                "type": "ir.actions.act_window",
                "res_model": "collections.case",
                "res_id": int(value),
                "views": [[False, "form"]],
            }
        return super()._get_drill(options, key)
