from collections import Counter
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter

from babel.dates import get_day_names

from odoo import api, models
from odoo.tools import SQL
from odoo.tools.misc import babel_locale_parse, format_amount

from ..engine import attribution, documents

EPOCH = date(2000, 1, 1)
UNKNOWN = "none"  # a contact without a step, a text or a collector
NOBODY = "unasked"  # a payment without a contact
GROUPS = ("channel", "step", "template", "hour", "weekday", "collector", "tone")
MODELS = {"channel": "collections.channel", "step": "collections.step",
          "template": "mail.template", "collector": "res.users"}  # fmt: skip


class CollectionsReportRecovery(models.AbstractModel):
    """What came in after contacts, credited by a convention that the reader chooses; beside it what
    a random hold-out says contacting brings."""

    _name = "collections.report.recovery"
    _description = "Report of Recovery"
    _inherit = "collections.report.base"

    _report_code = "recovery"
    _report_sequence = 40

    @api.model
    def _get_title(self):
        return self.env._("Recovery")

    @api.model
    def _get_filters(self):
        env = self.env
        return [
            *self._get_period_filters(),
            self._filter("group", env._("By"), "choice", default="channel",
                         choices=list(self._get_group_words().items())),
            self._filter("method", env._("Credited to"), "choice", default="last",
                         choices=list(self._get_method_words().items())),
            self._filter("days", env._("Within days"), "integer", default=30,
                         help=env._("A contact counts for payments on its day and so many days "
                                    "after.")),
            self._filter("half_life", env._("Half-life in days"), "integer", default=7,
                         advanced=True,
                         help=env._("For “recent ones more”: a contact so many days older counts "
                                    "half.")),
            *self._get_case_filters(),
        ]  # fmt: skip

    @api.model
    def _read_options(self, raw):
        options = super()._read_options(raw)
        options["days"] = min(max(options["days"] or 0, 0), 365)
        options["half_life"] = min(max(options["half_life"] or 7, 1), 365)
        options["group"] = options["group"] or "channel"
        options["method"] = options["method"] or "last"
        return options

    def _get_group_words(self):
        env = self.env
        return {
            "channel": env._("Channel"),
            "step": env._("Step"),
            "template": env._("Text"),
            "hour": env._("Hour of the day"),
            "weekday": env._("Day of the week"),
            "collector": env._("Collector"),
            "tone": env._("Tone"),
        }

    def _get_method_words(self):
        return {
            "last": self.env._("Last contact"),
            "first": self.env._("First contact"),
            "equal": self.env._("All contacts, equally"),
            "decay": self.env._("All contacts, recent ones more"),
        }

    @api.model
    def _get_document(self, options):
        rows = []
        for currency, companies in self._get_companies_by_currency().items():
            rows += self._get_currency_rows(options, currency, companies)
        return documents.document(
            self._get_title(),
            [
                self._get_uplift(),
                documents.table(
                    "recovery",
                    self.env._("Payments credited to contacts"),
                    self._get_columns(options),
                    rows,
                    note=self.env._(
                        "Crediting a payment to a contact is a convention, not a cause: who was "
                        "contacted may have paid anyway. What contacting brings is told by the "
                        "random hold-out above, and by nothing else."
                    ),
                    empty=self.env._(
                        "No contact left and nothing was paid in these days: choose other days."
                    ),
                ),
            ],
            subtitle=f"{self._get_company_words()} · {self._get_period_words(options)}",
            definitions=self._get_definitions(options),
        )

    def _get_columns(self, options):
        env = self.env
        return [
            documents.column("name", self._get_group_words()[options["group"]]),
            documents.column("contacts", env._("Contacts"), "integer", total=True),
            documents.column("delivered", env._("Delivered"), "integer", total=True),
            documents.column("answered", env._("Answered"), "integer", total=True),
            documents.column("right_party", env._("Right party"), "integer", total=True),
            documents.column("recovered", env._("Recovered"), "money", total=True, better="up"),
            documents.column("share", env._("Share"), "percent"),
            documents.column("per_contact", env._("Recovered per contact"), "money"),
            documents.column("cost", env._("Cost"), "money", total=True, better="down"),
            documents.column("cost_share", env._("Cost per 100 recovered"), "number",
                             ratio=("cost", "recovered"), better="down"),
        ]  # fmt: skip

    # -- rows ------------------------------------------------------------------------------------

    def _get_currency_rows(self, options, currency, companies):
        """Return the rows of the companies with one currency, what nobody asked for last."""
        counts = {row["key"]: row for row in self._query(self._get_count_sql(options, companies))}
        credited, unasked = Counter(), 0
        for payment, parts in self._attribute(options, currency, companies):
            for contact, part in parts:
                credited[contact.id] += part
            if not parts:
                unasked += payment.amount
        total, unit = sum(credited.values()) + unasked, 10**currency.decimal_places
        names = self._name_keys(options["group"], {*counts, *credited})
        rows = []
        for key in self._sort_keys(options["group"], names, credited):
            cells = dict.fromkeys(("contacts", "delivered", "answered", "right_party"), 0)
            cells.update(counts.get(key, {"cost": 0}))
            cells.pop("key", None)
            cells["cost"] = float(cells["cost"] or 0)
            cells["recovered"] = credited[key] / unit
            cells["name"] = names[key]
            self._add_ratios(cells, total / unit)
            rows.append(
                documents.row(
                    f"{currency.id}-{key}",
                    cells,
                    currency=currency.id,
                    drill=f"contacts:{currency.id}:{key}",
                    drills={"recovered": f"payments:{currency.id}:{key}"},
                )
            )
        if unasked:
            cells = {"name": self.env._("Paid without a contact"), "recovered": unasked / unit,
                     "share": 100 * unasked / total}  # fmt: skip
            key = f"payments:{currency.id}:{NOBODY}"
            rows.append(
                documents.row(
                    f"{currency.id}-{NOBODY}", cells, currency=currency.id, drill=key, muted=True
                )
            )
        return rows

    def _add_ratios(self, cells, total):
        """Complete the cells of a row with what is divided; undefined where nothing is."""
        contacts, recovered = cells["contacts"], cells["recovered"]
        cells["share"] = 100 * recovered / total if total else None
        cells["per_contact"] = recovered / contacts if contacts else None
        cells["cost_share"] = 100 * cells["cost"] / recovered if recovered else None

    def _name_keys(self, group, keys):
        """Return ``{key: its name}``."""
        missing = {
            "step": self.env._("Not of a step"),
            "template": self.env._("No text"),
            "collector": self.env._("Nobody"),
        }.get(group, self.env._("Unknown"))
        if group in MODELS:
            ids = [int(key) for key in keys if key != UNKNOWN]
            records = self.env[MODELS[group]].sudo().browse(ids).exists()
            names = {str(record.id): record.display_name for record in records}
        elif group == "tone":
            steps = self.env["collections.step"]
            names = dict(steps._fields["tone"]._description_selection(self.env))
        elif group == "hour":
            names = {str(hour): f"{hour:02}:00-{hour:02}:59" for hour in range(24)}
        else:
            days = get_day_names("wide", locale=babel_locale_parse(self.env.lang))
            names = {str(day + 1): days[day].capitalize() for day in range(7)}
        return {key: names.get(key, missing) for key in keys}

    def _sort_keys(self, group, names, credited):
        """Return the keys: hours and days in their order, others by what they recovered."""
        if group in ("hour", "weekday"):
            return sorted(names, key=int)
        return sorted(names, key=lambda key: (-credited[key], names[key], key))

    # -- statements ------------------------------------------------------------------------------

    def _get_key_sql(self, group):
        """Return the key of a ``contact`` in a grouping, as SQL."""
        return {
            "channel": SQL("contact.channel_id"),
            "step": SQL("contact.step_id"),
            "template": SQL(
                """
                (SELECT text.id FROM collections_step_template_rel rel
                   JOIN mail_template text ON text.id = rel.template_id
                  WHERE rel.step_id = contact.step_id
               ORDER BY text.collections_tone = coalesce(contact.tone, step.tone) DESC NULLS LAST,
                        text.collections_tone = step.tone DESC NULLS LAST, text.id LIMIT 1)
                """
            ),
            "hour": SQL("extract(hour FROM moment.local)::int"),
            "weekday": SQL("extract(isodow FROM moment.local)::int"),
            "collector": SQL(
                "CASE WHEN contact.outcome_id IS NOT NULL THEN contact.create_uid"
                " ELSE kase.user_id END"
            ),
            "tone": SQL("coalesce(contact.tone, step.tone)"),
        }[group]

    def _get_contacts_sql(self, options, companies, group, first, last):
        """Return as SQL the contacts of the visible cases that left between two days, by the clock
        of their company; calls that reached nobody are among them, thank-yous are not."""
        return SQL(
            """
            SELECT contact.id, contact.case_id, contact.state, contact.cost,
                   moment.local::date AS day, coalesce(outcome.reached, false) AS right_party,
                   coalesce((%(key)s)::varchar, %(unknown)s) AS key
              FROM collections_contact contact
              JOIN collections_case kase ON kase.id = contact.case_id
              JOIN collections_channel channel ON channel.id = contact.channel_id
         LEFT JOIN collections_step step ON step.id = contact.step_id
         LEFT JOIN collections_outcome outcome ON outcome.id = contact.outcome_id
              JOIN %(clock)s ON clock.company_id = contact.company_id
        CROSS JOIN LATERAL (
                   SELECT coalesce(contact.sent_on, contact.scheduled_on)
                          AT TIME ZONE 'UTC' AT TIME ZONE clock.zone AS local) moment
             WHERE contact.case_id IN %(cases)s AND contact.company_id = ANY(%(companies)s)
               AND %(period)s AND %(left)s
            """,
            key=self._get_key_sql(group),
            unknown=UNKNOWN,
            clock=self.env["collections.ledger"]._get_clock_sql(),
            cases=self._get_case_sql(options),
            companies=companies.ids,
            period=self.env["collections.contact"]._get_period_sql(first, last),
            left=self._get_left_sql(),
        )

    def _get_left_sql(self):
        """Return the condition on a ``contact`` and its ``channel`` that somebody tried to reach
        the debtor about his debt."""
        return SQL(
            """
            coalesce(contact.direction, 'out') = 'out'
            AND (contact.state IN ('delivered', 'read', 'answered')
                 OR contact.state = 'sent' AND NOT coalesce(channel.is_manual, false)
                 OR contact.state = 'failed' AND contact.reason = 'not_reached')
            AND NOT EXISTS (
                SELECT FROM collections_receipt thanked WHERE thanked.contact_id = contact.id)
            """
        )

    def _get_count_sql(self, options, companies):
        """Return the statement that counts the contacts of the period by group."""
        return SQL(
            """
            SELECT key, count(*) AS contacts,
                   count(*) FILTER (WHERE state IN ('delivered', 'read', 'answered')) AS delivered,
                   count(*) FILTER (WHERE state = 'answered') AS answered,
                   count(*) FILTER (WHERE right_party) AS right_party,
                   coalesce(sum(cost), 0) AS cost
              FROM (%s) contact GROUP BY key
            """,
            self._get_contacts_sql(
                options, companies, options["group"], options["date_from"], options["date_to"]
            ),
        )

    def _get_payments_sql(self, options, companies):
        """Return as SQL the payments of the period, with their case (0: of a debtor who never had
        one): the same that the key figures call collected."""
        period = (options["date_from"], options["date_to"])
        return SQL(
            """
            SELECT paid.line_id, coalesce(asked.id, 0) AS case_id, paid.company_id, paid.date,
                   paid.amount
              FROM (%s) paid
         LEFT JOIN collections_case asked
                ON asked.company_id = paid.company_id AND asked.partner_id = paid.partner_id
               AND asked.state <> 'merged'
            """,
            self.env["collections.kpi"]._get_flow_lines_sql(
                "collected", self, options, companies, [period]
            ),
        )

    def _attribute(self, options, currency, companies):
        """Yield ``(payment, [(contact, part)])`` in minor units; the id of a contact is its key.

        Both are read once, sorted by debtor, and walked side by side.
        """
        # they are sorted already, and as streams nothing is to be gathered
        # pylint: disable=bad-builtin-groupby
        contacts = groupby(
            self._iter_query(
                SQL(
                    "SELECT case_id, key, day - %s AS moment FROM (%s) contact"
                    " WHERE state <> 'failed' ORDER BY case_id, day, id",
                    EPOCH,
                    self._get_contacts_sql(
                        options,
                        companies,
                        options["group"],
                        options["date_from"] - timedelta(days=options["days"]),
                        options["date_to"],
                    ),
                )
            ),
            itemgetter("case_id"),
        )
        payments = groupby(
            self._iter_query(
                SQL(
                    "SELECT case_id, line_id, date - %s AS moment,"
                    " round(amount * %s)::bigint AS amount"
                    " FROM (%s) payment ORDER BY case_id, date, line_id",
                    EPOCH,
                    10**currency.decimal_places,
                    self._get_payments_sql(options, companies),
                )
            ),
            itemgetter("case_id"),
        )
        waiting = next(contacts, None)
        for case_id, paid in payments:
            while waiting and waiting[0] < case_id:
                waiting = next(contacts, None)
            asked = waiting[1] if waiting and waiting[0] == case_id else ()
            yield from attribution.attribute(
                [attribution.Event(row["line_id"], row["moment"], row["amount"]) for row in paid],
                [attribution.Event(row["key"], row["moment"]) for row in asked],
                options["method"],
                options["days"],
                options["half_life"],
            )

    # -- the honest measure ----------------------------------------------------------------------

    def _get_uplift(self):
        """Return what random hold-outs say contacting brings, for those who may read it."""
        found = []
        looks = self.env["collections.experiment.look"]
        if looks.has_access("read"):
            found = [
                figure
                for experiment in self.env["collections.experiment"].search(
                    [
                        ("company_id", "in", self.env.companies.ids),
                        ("state", "!=", "draft"),
                        ("arm_ids.treatment", "=", "hold_out"),
                    ],
                    order="date_start desc",
                    limit=3,
                )
                for figure in self._get_uplift_figures(experiment)
            ]
        if not found:
            reason = (
                self.env._(
                    "No random hold-out has been running. A manager starts one under Policies > "
                    "Random Comparisons."
                )
                if looks.has_access("read")
                else self.env._("It is shown to managers, auditors and accountants.")
            )
            found = [self._make_uplift("uplift", self.env._("Uplift"), None, undefined=reason)]
        return documents.figures(
            "uplift",
            self.env._("What contacting brings, by lot"),
            found,
            note=self.env._(
                "The difference, per debtor, between debtors who were contacted and debtors drawn "
                "by lot to be left alone."
            ),
        )

    def _get_uplift_figures(self, experiment):
        """Return a figure for each arm of a comparison against its hold-out."""
        held = experiment.arm_ids.filtered(lambda arm: arm.treatment == "hold_out")[:1]
        if held.is_control:
            pairs = [(arm, arm, 1) for arm in experiment.arm_ids - held]
        else:  # only against the control is there an interval
            pairs = [(experiment.arm_ids.filtered("is_control"), held, -1)]
        figures = []
        for arm, seen, sign in pairs:
            look = experiment._get_last_look(seen, "money")
            label = self.env._("%(experiment)s: %(arm)s", experiment=experiment.name, arm=arm.name)
            name = f"uplift-{arm.id}"
            currency = experiment.currency_id
            if not look.is_certain:
                reason = self.env._("Not enough debtors are finished yet.")
                figures.append(self._make_uplift(name, label, None, undefined=reason))
                continue
            low, high = sorted((sign * look.lower, sign * look.upper))
            interval = self.env._(
                "Between %(low)s and %(high)s per debtor in %(days)s days, with 95 %% certainty.",
                low=format_amount(self.env, low, currency),
                high=format_amount(self.env, high, currency),
                days=experiment.outcome_days,
            )
            figures.append(
                self._make_uplift(
                    name, label, sign * look.difference, currency=currency.id, caveat=interval
                )
            )
        return figures

    def _make_uplift(self, name, label, value, **values):
        return documents.figure(
            name,
            label,
            value,
            better="up",
            formula=self.env._(
                "Money paid per contacted debtor less money paid per debtor left alone, in the "
                "same number of days"
            ),
            sources=self.env._("Random comparisons with an arm that is left alone"),
            **values,
        )

    def _get_definitions(self, options):
        env = self.env
        return [
            documents.definition(
                env._("Recovered"),
                env._(
                    "Payments of the period, each credited to the contacts on its day and in the "
                    "%(days)s days before, as chosen: the last, the first, all equally, or recent "
                    "ones more (half after %(half_life)s days). Cents are shared by the largest "
                    "remainder.",
                    days=options["days"],
                    half_life=options["half_life"],
                ),
                env._(
                    "Entries of bank, cash and card journals on receivable accounts; company "
                    "currency; cancelled and reversed ones are out. The same sum as “Collected” "
                    "of the key figures."
                ),
                env._(
                    "A convention. A payment is known by its day only: a contact later on the same "
                    "day counts too. Contacts before the period are credited but not counted."
                ),
            ),
            documents.definition(
                env._("Contacts, delivered, answered, right party"),
                env._(
                    "Contacts that left in the period, calls nobody answered included. Delivered: "
                    "the provider or the collector says so. Answered: somebody answered. Right "
                    "party: a collector noted that the debtor was reached."
                ),
                env._("Contacts and their outcomes; day and hour by the clock of the company."),
                env._(
                    "Who answers a message is not checked, so messages never count as right party. "
                    "The text is the one the step has now. Thank-yous are left out."
                ),
            ),
            documents.definition(
                env._("Cost per 100 recovered"),
                env._("100 x cost / recovered"),
                env._("What providers asked for each contact, as far as it is known."),
                env._("The time of people is not in it."),
            ),
        ]  # fmt: skip

    # -- behind a figure -------------------------------------------------------------------------

    @api.model
    def _get_drill(self, options, key):
        kind, _colon, rest = key.partition(":")
        number, _colon, group = rest.partition(":")
        by_currency = {str(item.id): item for item in self._get_companies_by_currency()}
        currency = by_currency.get(number)
        if kind not in ("contacts", "payments") or not currency:
            return super()._get_drill(options, key)
        companies = self._get_companies_by_currency()[currency]
        if kind == "contacts":
            return self._open_contacts(options, companies, group)
        return self._open_payments(options, currency, companies, group)

    def _open_contacts(self, options, companies, group):
        rows = self._query(
            SQL(
                "SELECT id FROM (%s) contact WHERE key = %s",
                self._get_contacts_sql(
                    options, companies, options["group"], options["date_from"], options["date_to"]
                ),
                group,
            )
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_contact_action"
        )
        return {**action, "domain": [("id", "in", [row["id"] for row in rows])], "context": {}}

    def _open_payments(self, options, currency, companies, group):
        ids = [
            payment.id
            for payment, parts in self._attribute(options, currency, companies)
            if (any(contact.id == group and part for contact, part in parts) if parts
                else group == NOBODY)
        ]  # fmt: skip
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Payments"),
            "res_model": "account.move.line",
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", ids)],
            "context": {"create": False},
        }
