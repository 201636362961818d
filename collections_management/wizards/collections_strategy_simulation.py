from datetime import datetime, time, timezone
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.tools import SQL, format_date

from ..engine import simulation
from ..models.collections_contact_rule import Place


class CollectionsStrategySimulation(models.TransientModel):
    """Under these contact rules a strategy can make x of its y contacts; these not, because.

    It walks the steps of a debtor who never answers, one for each place and kind of debtor that the
    company has, from one due date on. What a debtor does meanwhile, and the quiet days of the
    strategy, only make it speak less.
    """

    _name = "collections.strategy.simulation"
    _description = "Strategy under the Contact Rules"

    strategy_id = fields.Many2one("collections.strategy", required=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    date_due = fields.Date("Due On", required=True, default=fields.Date.context_today)
    summary = fields.Char(compute="_compute_result")
    result = fields.Html(compute="_compute_result", sanitize=False)

    @api.depends("strategy_id", "company_id", "date_due")
    @api.depends_context("lang")
    def _compute_result(self):
        for trial in self:
            groups = trial._simulate() if trial.strategy_id and trial.date_due else []
            possible = sum(group["possible"] for group in groups)
            trial.summary = self.env._(
                "Under the contact rules this strategy can make %(possible)s of its %(wanted)s "
                "contacts.",
                possible=possible,
                wanted=sum(group["wanted"] for group in groups),
            )
            values = {
                "groups": groups,
                "titles": [
                    self.env._("%(name)s: %(possible)s of %(wanted)s contacts", **group)
                    for group in groups
                ],
                "counts": [
                    self.env._("%(debtors)s debtors", **group) if group["debtors"] else ""
                    for group in groups
                ],
                "faults": trial._get_wording(),
            }
            trial.result = self.env["ir.qweb"]._render(
                "collections_management.strategy_simulation", values
            )

    def _simulate(self):
        """Return one dict for each place and kind of debtor: ``name``, ``debtors``, ``rule``,
        ``citation``, ``possible`` of ``wanted``, and ``lines``: what is not as planned."""
        self.ensure_one()
        rules = self.env["collections.contact.rule"]
        candidates = rules._get_candidates([self.company_id.id])
        zone = ZoneInfo(self.company_id._get_collections_zone())
        night = datetime.combine(self.date_due, time(8), zone).astimezone(timezone.utc)
        groups = []
        for where, count in self._get_places():
            rule = rules._choose(candidates, where)
            outcomes = simulation.walk(
                rule._to_engine() if rule else None,
                self._get_contacts(rule),
                night,
                rules._choose_zones(where, self.date_due.year),
                rules._choose_checker(where),
            )
            groups.append(
                {
                    "name": self._get_name(where),
                    "debtors": count,
                    "rule": rule.name or self.env._("No rule"),
                    "citation": rule.citation or "",
                    "possible": sum(1 for outcome in outcomes if outcome.can_be_made),
                    "wanted": len(outcomes),
                    "lines": [
                        self._describe(outcome, rule)
                        for outcome in outcomes
                        if outcome.result != simulation.PLANNED
                    ],
                }
            )
        return groups

    def _get_places(self):
        """Return ``[((company id, Place, home), number of debtors)]`` of the open cases, those of
        most debtors first; without any, the place of the company."""
        rules = self.env["collections.contact.rule"]
        company = self.company_id
        located = rules._get_located({0: (company.id, company.sudo().partner_id.id)})
        _company_id, _place, home = located[0]
        self.env["collections.case"].flush_model(["company_id", "partner_id", "state"])
        self.env["res.partner"].flush_model(["country_id", "state_id", "is_company"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partner.country_id, country.code, state.id, state.code,
                       coalesce(partner.is_company, FALSE), count(*)
                  FROM collections_case kase
                  JOIN res_partner partner ON partner.id = kase.partner_id
             LEFT JOIN res_country country ON country.id = partner.country_id
             LEFT JOIN res_country_state state
                    ON state.id = partner.state_id AND state.country_id = partner.country_id
                 WHERE kase.company_id = %s AND kase.state = 'open'
              GROUP BY 1, 2, 3, 4, 5 ORDER BY 6 DESC, 2, 4, 5 LIMIT 60
                """,
                company.id,
            )
        )
        if not rows:
            return [
                ((company.id, home._replace(tz=None, is_company=kind), home), 0)
                for kind in (True, False)
            ]
        return [
            ((company.id, Place(*place, None, is_company), home), count)
            for *place, is_company, count in rows
        ]

    def _get_contacts(self, rule):
        """Return the contacts that the steps want: all channels of a step, or the first."""
        contacts = []
        for step in self.strategy_id.step_ids.filtered("active"):
            channels = step._get_channels()
            for channel in channels if step.channel_mode == "all" else channels[:1]:
                barred = rule.consent not in (False, "none") and not channel.is_manual
                if rule.consent_scope == "phone" and channel.kind in ("email", "letter"):
                    barred = False
                contacts.append(
                    simulation.Contact((step, channel), step.days, channel.code, barred)
                )
        return contacts

    def _get_name(self, where):
        """Return for instance "Peru, companies"."""
        _company_id, place, home = where
        country = self.env["res.country"].browse(place.country_id or home.country_id)
        state = self.env["res.country.state"].browse(place.state_id)
        kind = self.env._("companies") if place.is_company else self.env._("persons")
        return ", ".join(filter(None, (country.name, state.name, kind)))

    def _describe(self, outcome, rule):
        """Return one contact that is not as planned, in words."""
        step, channel = outcome.contact.key
        rules = self.env["collections.contact.rule"]
        if outcome.result == simulation.NO_CONSENT:
            why = self.env._("only once the debtor authorised this channel")
        else:
            why = rules._explain(outcome.verdict)
        words = {
            simulation.MOVED: self.env._("Later"),
            simulation.LATE: self.env._("Too late: the next step speaks"),
            simulation.REFUSED: self.env._("Not allowed"),
            simulation.NO_CONSENT: self.env._("Needs consent"),
        }
        return {
            "result": outcome.result,
            "step": step.display_name,
            "channel": channel.name,
            "wanted": format_date(self.env, fields.Date.to_date(outcome.wanted)),
            "word": words[outcome.result],
            "why": why,
            "citation": rule.citation or "",
        }

    def _get_wording(self):
        """Return ``[(text, sentence)]``: what the texts of the steps should not say."""
        return [
            (template.name, sentence)
            for template in self.strategy_id.step_ids.template_ids.sudo()
            for sentence in template._get_wording_faults()
        ]
