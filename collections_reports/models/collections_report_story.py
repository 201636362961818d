from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_amount, format_date

from ..engine import commentary, documents, kpi
from ..engine.books import NAMES, NOT_DUE

MONTHS = 12
# The figures that a page about a period begins with, and those that its sentences speak of.
MAIN = (
    "receivable", "overdue", "overdue_ratio", "collected", "dso", "cei", "target",
    "promise_kept_amount",
)  # fmt: skip
FACTS = (*MAIN, "dso_best")
TOP, MOVERS = 10, 5
# A debt older than so many days is old; it is told of so many days before; weeks that are told.
OLD, RIPENS, WEEKS = 90, 30, 5


class CollectionsReportStory(models.AbstractModel):
    """Parts that reports about a whole period share: what moved and why, in words, who owes most,
    what was promised, what is contested, what comes.

    Every part reads with the rights of its reader. A report inherits it beside
    ``collections.report.base``.
    """

    _name = "collections.report.story"
    _description = "Parts of Reports about a Period"

    # -- other reports ---------------------------------------------------------------------------

    @api.model
    def _borrow(self, code, options, names, title, columns=()):
        """Return sections of another report, by their names, or a sentence why they are left out.

        :param names: beginnings of the names of its sections
        :param columns: names of the columns of its tables that fit; nothing: all
        """
        try:
            report, _read, content = self.env["collections.report"]._get_document(code, options)
        except (AccessError, UserError) as error:
            reason = self.env._("Left out: %s", error)
            return [documents.text(f"{code}_left_out", title, [reason])], []
        found = [
            documents.lend(section, title, columns)
            for section in content["sections"]
            if section["name"].startswith(tuple(names))
        ]
        terms = content["definitions"]
        if not found:
            reason = self.env._("The report “%s” has no such part.", report._get_title())
            return [documents.text(f"{code}_left_out", title, [reason])], []
        return found, terms

    @api.model
    def _get_before(self, options):
        """Return the options of the period compared with."""
        first, last = kpi.previous_period(options["date_from"], options["date_to"])
        return options | {"date_from": first, "date_to": last}

    # -- key figures -----------------------------------------------------------------------------

    @api.model
    def _read_story(self, options, names=FACTS, months=MONTHS):
        """Return ``{currency: {"now", "before", "series", "debtors", "dues"}}``, read once.

        :param names: the figures of the period; None: all
        """
        before = self._get_before(options)
        parts = {
            "debtors": lambda column: self._get_debtors_sql(column, options, before),
            "dues": lambda column: self._get_dues_sql(column, options),
        }
        story = self.env["collections.kpi"]._get_story(
            self, options, before, months, names=names, parts=parts
        )
        names = self._get_partner_names(
            row for found in story.values() for row in found["parts"]["debtors"]
        )
        for found in story.values():
            rows = sorted(found["parts"]["debtors"], key=lambda row: row["place"])
            for row in rows:
                row["name"] = names.get(row["partner_id"]) or self.env._("Without a debtor")
            found["debtors"] = {
                "rows": rows,
                "overdue": rows[0]["all_overdue"] if rows else 0,
                "rise": rows[0]["all_risen"] if rows else 0,
            }
            found["dues"] = [
                (fields.Date.to_date(row["due"]), row["amount"]) for row in found["parts"]["dues"]
            ]
        return story

    @api.model
    def _make_story_document(self, options, sections, **values):
        """Return a document about a period and the one before it.

        :param values: others of ``engine.documents.document``
        """
        return documents.document(
            self._get_title(),
            sections,
            subtitle=f"{self._get_company_words()} · {self._get_period_words(options)}",
            notes=[
                self.env._("Compared with %s.", self._get_period_words(self._get_before(options)))
            ],
            **values,
        )

    @api.model
    def _get_main_title(self):
        return self.env._("Where we are")

    @api.model
    def _make_main_figures(self, story, currency):
        """Return the figures a report of a period begins with."""
        title = self._get_main_title() + self._get_suffix(currency)
        return self._make_figures("main", title, story, currency, MAIN)

    @api.model
    def _make_figures(self, name, title, story, currency, names):
        """Return the figures of a section, with what the report of key figures says of each."""
        report = self.env["collections.report.kpi"]
        words = report._get_words()
        return documents.figures(
            f"{name}-{currency.id}",
            title,
            [
                report._get_figure(
                    one, words[one], currency, story["now"][one], story["before"].get(one)
                )
                | {"drill": None}
                for one in names
            ],
        )

    @api.model
    def _make_trend(self, name, title, story, currency, lines, kind, months=MONTHS):
        """Return a chart of figures by month; ``lines``: ``[(figure, label, tone)]``."""
        series = story["series"]
        labels = [
            format_date(self.env, day, date_format="MMM yy") for day in series["days"][-months:]
        ]
        return documents.chart(
            f"{name}-{currency.id}",
            title,
            "line" if kind != "money" else "stacked",
            labels,
            [
                documents.series(
                    label, [self._get_plain(one.value) for one in series[figure][-months:]],
                    tone=tone,
                )
                for figure, label, tone in lines
            ],
            value_kind=kind,
            currency=currency.id if kind == "money" else None,
        )  # fmt: skip

    def _get_plain(self, value):
        return None if value is None else round(float(value), 2)

    @api.model
    def _get_age_words(self):
        words = self.env["collections.statement"]._get_age_words()
        return dict(zip(NAMES.values(), words, strict=True))

    @api.model
    def _make_aging_chart(self, story, currency, suffix="", months=6):
        words = self._get_age_words()
        return self._make_trend(
            "aging", self.env._("Aging by month") + suffix, story, currency,
            [(name, words[name], name) for name in NAMES.values()], "money", months,
        )  # fmt: skip

    @api.model
    def _make_aging_table(self, story, currency, suffix=""):
        """Return the ages at the end of the period beside those at the end of the one before."""
        series, words = story["series"], self._get_age_words()
        total = sum(self._get_plain(series[name][-1].value) or 0 for name in NAMES.values())
        rows = []
        for name in NAMES.values():
            now, before = (self._get_plain(series[name][place].value) or 0 for place in (-1, -2))
            cells = {
                "age": words[name], "now": now, "before": before,
                "change": round(now - before, 2), "share": 100 * now / total if total else None,
            }  # fmt: skip
            rows.append(documents.row(name, cells, currency=currency.id))
        day, last = (format_date(self.env, series["days"][place]) for place in (-1, -2))
        return documents.table(
            f"ages-{currency.id}",
            self.env._("Aging at the end of the month and of the one before") + suffix,
            [
                documents.column("age", self.env._("Age")),
                documents.column("now", day, "money", total=True),
                documents.column("before", last, "money", total=True),
                documents.column("change", self.env._("Movement"), "money", total=True,
                                 better="down"),
                documents.column("share", self.env._("Share"), "percent"),
            ],
            rows,
            note=self.env._("Credits and payments not allocated yet are not in it."),
        )  # fmt: skip

    # -- debtors ---------------------------------------------------------------------------------

    @api.model
    def _get_debtors_sql(self, column, options, before):
        """Return as SQL the debtors who owe most and those who moved most since the period before,
        with the sum of all that is overdue and of all that rose: a part of what was open."""
        now, then = options["date_to"], before["date_to"]
        return SQL(
            """
            SELECT * FROM (
                SELECT debtor.*, overdue - before AS change,
                       row_number() OVER (largest) AS place,
                       row_number() OVER (risen) AS place_up,
                       row_number() OVER (fallen) AS place_down,
                       sum(overdue) OVER () AS all_overdue,
                       sum(greatest(overdue - before, 0)) OVER () AS all_risen
                  FROM (SELECT item.partner_id, coalesce(sum(%(amount)s), 0) AS total,
                               coalesce(sum(%(amount)s) FILTER (WHERE %(age)s > %(not_due)s), 0)
                               AS overdue,
                               coalesce(sum(%(amount_before)s)
                                        FILTER (WHERE %(age_before)s > %(not_due)s), 0) AS before,
                               coalesce(max(%(now)s - item.due) FILTER (WHERE %(amount)s > 0), 0)
                               AS age
                          FROM item GROUP BY item.partner_id) debtor
                WINDOW largest AS (ORDER BY overdue DESC, partner_id),
                       risen AS (ORDER BY overdue - before DESC, partner_id),
                       fallen AS (ORDER BY overdue - before, partner_id)) ranked
             WHERE place <= %(top)s OR place_up <= %(movers)s OR place_down <= %(movers)s
            """,
            amount=column("amount", now),
            age=column("age", now),
            amount_before=column("amount", then),
            age_before=column("age", then),
            not_due=NOT_DUE,
            now=now,
            top=TOP,
            movers=MOVERS,
        )

    def _get_partner_names(self, rows):
        """Return ``{id: name}`` of the debtors whose amounts the reader sees."""
        partners = (
            self.env["res.partner"]
            .sudo()
            .browse({row["partner_id"] for row in rows if row["partner_id"]})
        )
        return {partner.id: partner.display_name for partner in partners}

    @api.model
    def _make_top_table(self, story, currency, suffix=""):
        """Return the ten debtors who owe most that is overdue."""
        whole = float(story["debtors"]["overdue"] or 0)
        rows = [
            documents.row(
                row["partner_id"] or 0,
                {
                    "name": row["name"], "overdue": float(row["overdue"]),
                    "change": float(row["change"]), "total": float(row["total"]),
                    "age": row["age"], "share": 100 * float(row["overdue"]) / whole,
                },
                currency=currency.id,
                drill=f"debtor-{row['partner_id']}" if row["partner_id"] else None,
            )
            for row in story["debtors"]["rows"]
            if row["place"] <= TOP and row["overdue"] > 0
        ]  # fmt: skip
        return documents.table(
            f"top-{currency.id}",
            self.env._("The ten largest overdue debtors") + suffix,
            [
                documents.column("name", self.env._("Debtor")),
                documents.column("overdue", self.env._("Overdue"), "money", total=True),
                documents.column("change", self.env._("Movement"), "money", better="down"),
                documents.column("total", self.env._("Owed in all"), "money", total=True),
                documents.column("age", self.env._("Oldest, days late"), "integer"),
                documents.column("share", self.env._("Of all overdue"), "percent"),
            ],
            rows,
            empty=self.env._("Nobody is overdue."),
        )

    @api.model
    def _make_movers_table(self, story, currency, suffix=""):
        """Return those whose overdue amount rose or fell most since the period before."""
        rows = [
            documents.row(
                row["partner_id"] or 0,
                {"name": row["name"], "change": float(row["change"]),
                 "overdue": float(row["overdue"]), "before": float(row["before"])},
                currency=currency.id,
                drill=f"debtor-{row['partner_id']}" if row["partner_id"] else None,
            )
            for row in sorted(story["debtors"]["rows"], key=lambda row: -row["change"])
            if row["change"] and min(row["place_up"], row["place_down"]) <= MOVERS
        ]  # fmt: skip
        return documents.table(
            f"movers-{currency.id}",
            self.env._("Who moved most") + suffix,
            [
                documents.column("name", self.env._("Debtor")),
                documents.column("change", self.env._("Movement"), "money", better="down"),
                documents.column("before", self.env._("Overdue before"), "money"),
                documents.column("overdue", self.env._("Overdue now"), "money"),
            ],
            rows,
            empty=self.env._("Nobody's overdue amount moved."),
        )

    # -- words -----------------------------------------------------------------------------------

    @api.model
    def _get_sentences(self, options, story, currency):
        """Return what there is to say of a period, ``{part: [sentence]}``."""
        data = {
            "now": {name: self._get_plain(story["now"][name].value) for name in FACTS},
            "before": {
                name: self._get_plain(story["before"][name].value)
                for name in FACTS
                if name in story["before"]
            },
        }
        for name in NAMES.values():
            for side, place in (("now", -1), ("before", -2)):
                data[side][name] = self._get_plain(story["series"][name][place].value)
        debtors = story["debtors"]
        whole = float(debtors["overdue"] or 0)
        top = sum(float(row["overdue"]) for row in debtors["rows"] if row["place"] <= TOP)
        many = len([row for row in debtors["rows"] if row["overdue"] > 0]) > TOP
        disputes = self._get_disputes(options).get(currency, [])
        facts = commentary.Facts(
            now=data["now"],
            before=data["before"],
            movers=tuple(
                (row["name"], float(row["change"]))
                for row in sorted(debtors["rows"], key=lambda row: -row["change"])
            ),
            rise=float(debtors["rise"] or 0),
            # of ten debtors the ten largest owe everything: nothing to tell
            top_share=100 * top / whole if whole and many else None,
            disputed=sum(amount for _reason, _count, amount in disputes),
            ripening=sum(
                amount
                for due, amount in story["dues"]
                if OLD - RIPENS < (options["date_to"] - due).days <= OLD
            ),
        )
        words, found = self._get_commentary_words(), defaultdict(list)
        for sentence in commentary.comment(facts):
            values = {
                name: self._write_value(kind, value, currency)
                for name, (kind, value) in sentence.values.items()
            }
            found[sentence.part].append(words[sentence.code] % values)
        return found

    def _write_value(self, kind, value, currency):
        if kind == "money":
            return format_amount(self.env, currency.round(value), currency)
        if kind == "age":
            return self._get_age_words()[value]
        reports = self.env["collections.report"]
        if kind == "percent":
            return reports._write(value, "percent")
        if kind == "days":
            return self.env._("%s days", reports._write(value, "days"))
        if kind == "signed_days":
            sign = "+" if value > 0 else ""
            return self.env._("%s days", sign + reports._write(value, "days"))
        return str(value)

    @api.model
    def _get_commentary_words(self):
        """Return ``{code: sentence}`` for every code of ``engine.commentary``."""
        return {
            "nothing_open": self.env._("Nothing was owed at the end of the period."),
            "overdue_new": self.env._("%(now)s became overdue; nothing was before."),
            "overdue_up": self.env._(
                "What is overdue rose by %(change)s, or %(amount)s, to %(now)s."
            ),
            "overdue_down": self.env._(
                "What is overdue fell by %(change)s, or %(amount)s, to %(now)s."
            ),
            "overdue_steady": self.env._("What is overdue stayed about the same: %(now)s."),
            "ratio_up": self.env._("Of what is owed, %(now)s is overdue, up from %(before)s."),
            "ratio_down": self.env._("Of what is owed, %(now)s is overdue, down from %(before)s."),
            "ratio_steady": self.env._("Of what is owed, %(now)s is overdue, as before."),
            "dso_up": self.env._("The DSO rose from %(before)s to %(now)s."),
            "dso_down": self.env._("The DSO fell from %(before)s to %(now)s."),
            "dso_steady": self.env._("The DSO stayed at %(now)s."),
            "collected_up": self.env._("%(now)s were collected, %(change)s more than before."),
            "collected_down": self.env._("%(now)s were collected, %(change)s less than before."),
            "collected_steady": self.env._("%(now)s were collected, about as much as before."),
            "dso_parts": self.env._(
                "Of the movement of the DSO, %(late)s are late payment and %(terms)s are terms and "
                "sales (the best possible DSO)."
            ),
            "age_grew": self.env._("The age that grew most is %(age)s: by %(amount)s, to %(now)s."),
            "movers": self.env._(
                "%(names)s: together %(amount)s more overdue, %(share)s of all that rose."
            ),
            "cei_low": self.env._(
                "Collection effectiveness (CEI) was %(now)s, under %(limit)s: look at what fell "
                "due and was not collected."
            ),
            "old_high": self.env._(
                "%(amount)s, %(share)s of what is overdue, is older than 90 days: decide on "
                "agreement, legal action or write-off."
            ),
            "kept_low": self.env._(
                "Only %(now)s of the amount promised was kept: look at who promised and who "
                "accepted it."
            ),
            "target_met": self.env._("The targets were met: %(now)s."),
            "target_low": self.env._("Only %(now)s of the targets was recovered."),
            "disputed": self.env._(
                "%(amount)s is disputed, %(share)s of what is overdue: the answer is in the house."
            ),
            "concentration": self.env._(
                "The ten largest debtors owe %(share)s of what is overdue: speak to them first."
            ),
            "ripening": self.env._(
                "%(amount)s becomes older than 90 days within a month unless it is paid."
            ),
        }

    # -- promises, disputes, what comes ----------------------------------------------------------

    @api.model
    def _get_dues_sql(self, column, options):
        """Return as SQL ``due, amount`` of the debts that are open at the end of the period and
        soon become old, or fall due in the weeks after it: a part of what was open."""
        last = options["date_to"]
        amount = column("amount", last)
        return SQL(
            "SELECT due, sum(%s) AS amount FROM item"
            " WHERE due BETWEEN %s AND %s AND %s > 0 GROUP BY due",
            amount,
            last - timedelta(days=OLD),
            last + timedelta(weeks=WEEKS),
            amount,
        )

    @api.model
    def _get_case_condition(self, options):
        return ("case_id", "any", self._get_case_domain(options))

    @api.model
    def _get_disputes(self, options):
        """Return ``{currency: [(reason, number, amount)]}`` of what is contested at the end."""
        groups = self.env["collections.dispute"]._read_group(
            [
                self._get_case_condition(options),
                ("date_open", "<=", options["date_to"]),
                "|", ("date_closed", "=", False), ("date_closed", ">", options["date_to"]),
            ],
            ["company_id", "reason_id"],
            ["__count", "amount_company:sum"],
        )  # fmt: skip
        found = defaultdict(lambda: defaultdict(lambda: [0, 0]))
        for company, reason, count, amount in groups:
            sums = found[company.currency_id][reason.display_name]
            sums[0] += count
            sums[1] += amount
        return {
            currency: sorted(
                ((reason, *sums) for reason, sums in reasons.items()), key=lambda one: -one[2]
            )
            for currency, reasons in found.items()
        }

    @api.model
    def _make_disputes_table(self, options):
        rows = [
            documents.row(
                f"{currency.id}-{reason}",
                {"reason": reason, "count": count, "amount": amount},
                currency=currency.id,
            )
            for currency, reasons in self._get_disputes(options).items()
            for reason, count, amount in reasons
        ]
        return documents.table(
            "disputes",
            self.env._("Disputes open at the end"),
            [
                documents.column("reason", self.env._("Reason")),
                documents.column("count", self.env._("Disputes"), "integer", total=True),
                documents.column("amount", self.env._("Disputed"), "money", total=True),
            ],
            rows,
            empty=self.env._("Nothing is disputed."),
        )

    @api.model
    def _make_promises_table(self, options, last, limit=15):
        """Return the promises that stand and fall due until a day, the largest first."""
        promises = self.env["collections.promise"].search(
            [
                self._get_case_condition(options),
                ("state", "in", ("open", "due")),
                ("date_due", "<=", last),
            ],
            order="amount desc, date_due, id",
            limit=limit + 1,
        )
        rows = [
            documents.row(
                promise.id,
                {
                    "name": promise.partner_id.display_name,
                    "date": promise.date_due.isoformat(),
                    "collector": promise.collector_id.sudo().name or "",
                    "amount": promise.amount,
                },
                currency=promise.currency_id.id,
                drill=f"promise-{promise.id}",
            )
            for promise in promises[:limit]
        ]
        return documents.table(
            "promises_due",
            self.env._("Promises that fall due until %s", format_date(self.env, last)),
            [
                documents.column("name", self.env._("Debtor")),
                documents.column("date", self.env._("Promised for"), "date"),
                documents.column("collector", self.env._("Collector")),
                documents.column("amount", self.env._("Promised"), "money", total=True),
            ],
            rows,
            more=max(len(promises) - limit, 0),
            empty=self.env._("No promise falls due."),
        )

    @api.model
    def _make_coming_chart(self, options, story, currency, suffix=""):
        """Return what falls due in the weeks after the period, by the books at its end."""
        last = options["date_to"]
        amounts = [0] * WEEKS
        for due, amount in story["dues"]:
            if due > last:
                amounts[((due - last).days - 1) // 7] += amount
        return documents.chart(
            f"coming-{currency.id}",
            self.env._("What falls due in the five weeks after") + suffix,
            "bar",
            [
                self.env._(
                    "from %s",
                    format_date(self.env, last + timedelta(days=1 + 7 * week), date_format="d MMM"),
                )
                for week in range(WEEKS)
            ],
            [
                documents.series(
                    self.env._("Falls due"), [currency.round(amount) for amount in amounts],
                    tone="not_due",
                )
            ],
            currency=currency.id,
        )  # fmt: skip

    # -- behind the figures ----------------------------------------------------------------------

    @api.model
    def _get_drill(self, options, key):
        kind, _separator, value = str(key).partition("-")
        if value.isdigit() and kind == "debtor":
            domain = [
                *self._get_case_domain(options),
                ("partner_id.commercial_partner_id", "=", int(value)),
            ]
            return self._open_records("collections.case", domain, self.env._("Debtor"))
        if value.isdigit() and kind == "promise":
            domain = [("id", "=", int(value))]
            return self._open_records("collections.promise", domain, self.env._("Promise"))
        return super()._get_drill(options, key)

    def _open_records(self, model, domain, name):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "views": [[False, "list"], [False, "form"]],
            "domain": domain,
        }
