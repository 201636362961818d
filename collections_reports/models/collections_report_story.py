from collections import defaultdict
from datetime import timedelta

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_amount, format_date

from ..engine import commentary, documents, kpi
from ..engine.books import NAMES

MONTHS = 12
FACTS = (
    "receivable", "overdue", "overdue_ratio", "dso", "dso_best", "cei", "collected", "target",
    "promise_kept_amount",
)  # fmt: skip
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
    def _read_story(self, options, months=MONTHS):
        """Return ``{currency: {"now", "before", "series", "debtors", "dues"}}``, read once."""
        before = self._get_before(options)
        story = self.env["collections.kpi"]._get_story(self, options, before, months)
        debtors, dues = self._get_debtors(options, before), self._get_dues(options)
        nobody = {"rows": [], "overdue": 0, "rise": 0}
        return {
            currency: found
            | {
                "debtors": debtors.get(currency.id, nobody),
                "dues": dues.get(currency.id, []),
            }
            for currency, found in story.items()
        }

    @api.model
    def _make_quick_document(self, options):
        """Return a document of the main figures; what moved, and the months, follow."""
        figures = self.env["collections.kpi"]._get_figures(self, options)
        sections = [
            self._make_main_figures(
                {"now": found, "before": {}},
                currency,
                f" ({currency.name})" if len(figures) > 1 else "",
            )
            for currency, found in figures.items()
        ]
        subtitle = f"{self._get_company_words()} · {self._get_period_words(options)}"
        return documents.document(self._get_title(), sections, subtitle=subtitle)

    @api.model
    def _get_main_title(self):
        return self.env._("Where we are")

    @api.model
    def _make_main_figures(self, story, currency, suffix=""):
        """Return the figures a report of a period begins with."""
        return self._make_figures(
            "main", self._get_main_title() + suffix, story, currency,
            ("receivable", "overdue", "overdue_ratio", "collected", "dso", "cei", "target",
             "promise_kept_amount"),
        )  # fmt: skip

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
    def _get_items_sql(self, options, *days):
        """Return as SQL what was open at the end of each of some days, as the reader sees it."""
        aging = self.env["collections.report.aging"]
        cases = ("team_ids", "user_ids", "segment_ids", "strategy_ids", "partner_ids")
        chosen = {name: options[name] for name in cases if options.get(name)}
        read = aging._read_options(chosen | {"date": days[0], "credits": "netted"})
        return aging._get_items_sql(read, *days, with_case=False, foreign=False)

    @api.model
    def _get_debtors(self, options, before):
        """Return ``{currency id: {"rows", "overdue", "rise"}}``: the debtors who owe most and those
        who moved most; the sum of all that is overdue and of all that rose."""
        now, then = options["date_to"], before["date_to"]
        rows = self._query(
            SQL(
                """
                WITH debtor AS (
                    SELECT money_id, partner_id,
                           coalesce(sum(value) FILTER (WHERE day = %(now)s), 0) AS total,
                           coalesce(sum(value) FILTER (WHERE day = %(now)s AND age > 0
                                                         AND value > 0), 0) AS overdue,
                           coalesce(sum(value) FILTER (WHERE day = %(then)s AND age > 0
                                                         AND value > 0), 0) AS before,
                           coalesce(max(age) FILTER (WHERE day = %(now)s AND value > 0), 0) AS age
                      FROM (%(items)s) item
                  GROUP BY money_id, partner_id
                ), ranked AS (
                    SELECT debtor.*, overdue - before AS change,
                           row_number() OVER (largest) AS place,
                           row_number() OVER (risen) AS place_up,
                           row_number() OVER (fallen) AS place_down,
                           sum(overdue) OVER whole AS all_overdue,
                           sum(greatest(overdue - before, 0)) OVER whole AS all_risen
                      FROM debtor
                    WINDOW whole AS (PARTITION BY money_id),
                           largest AS (PARTITION BY money_id ORDER BY overdue DESC, partner_id),
                           risen AS (PARTITION BY money_id ORDER BY overdue - before DESC,
                                     partner_id),
                           fallen AS (PARTITION BY money_id ORDER BY overdue - before, partner_id)
                )
                SELECT * FROM ranked
                 WHERE place <= %(top)s OR place_up <= %(movers)s OR place_down <= %(movers)s
              ORDER BY money_id, place
                """,
                items=self._get_items_sql(options, now, then),
                now=now,
                then=then,
                top=TOP,
                movers=MOVERS,
            )
        )
        names = self._get_partner_names(rows)
        found = {}
        for row in rows:
            row["name"] = names.get(row["partner_id"]) or self.env._("Without a debtor")
            data = found.setdefault(
                row["money_id"],
                {"rows": [], "overdue": row["all_overdue"], "rise": row["all_risen"]},
            )
            data["rows"].append(row)
        return found

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
    def _get_dues(self, options):
        """Return ``{currency id: [(due, amount)]}`` of the debts that are open at the end of the
        period and soon become old, or fall due in the weeks after it."""
        last = options["date_to"]
        rows = self._query(
            SQL(
                """
                SELECT money_id, due, sum(value) AS amount FROM (%(items)s) item
                 WHERE due BETWEEN %(first)s AND %(last)s AND value > 0 GROUP BY money_id, due
                """,
                items=self._get_items_sql(options, last),
                first=last - timedelta(days=OLD),
                last=last + timedelta(weeks=WEEKS),
            )
        )
        found = defaultdict(list)
        for row in rows:
            found[row["money_id"]].append((row["due"], float(row["amount"])))
        return found

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
