from collections import defaultdict
from datetime import datetime, time, timedelta

from odoo import api, models
from odoo.tools import SQL, format_date

from ..engine import difficulty, documents

SUPERVISOR = "collections_management.collections_management_group_supervisor"
# With fewer, the average of a team would tell a collector what the other one did.
FEWEST = 3
COUNTS = ("contacts", "calls", "right_party", "promises", "disputes", "kept", "judged", "recovered")


class CollectionsReportCollectors(models.AbstractModel):
    """What collectors and teams did and achieved, against targets and against what their portfolios
    let expect.

    A collector reads his own row and, where a team has enough collectors, its anonymous average; a
    supervisor the teams he supervises; managers, auditors and accountants all.
    """

    _name = "collections.report.collectors"
    _description = "Report of Collectors and Teams"
    _inherit = "collections.report.base"

    _report_code = "collectors"
    _report_sequence = 50

    @api.model
    def _get_title(self):
        return self.env._("Collectors and Teams")

    @api.model
    def _get_filters(self):
        return [
            *self._get_period_filters(),
            self._filter("team_ids", self.env._("Teams"), "records", model="collections.team"),
        ]

    # -- who may see whom ------------------------------------------------------------------------

    @api.model
    def _get_readable_teams(self):
        """Return the ids of the teams whose collectors the reader sees; None: all of them."""
        if self._reads_all():
            return None
        if self.env.user.has_group(SUPERVISOR):
            return self.env["collections.team"].search(
                [("supervisor_ids", "in", self.env.uid)]
            ).ids  # fmt: skip
        return []

    def _may_see(self, team_id, user_id):
        """Tell whether the reader sees what a collector did in a team."""
        teams = self._get_readable_teams()
        return teams is None or team_id in teams or user_id == self.env.uid

    # -- the document ----------------------------------------------------------------------------

    @api.model
    def _get_document(self, options):
        rows = []
        for currency, companies in self._get_companies_by_currency().items():
            rows += self._get_currency_rows(options, currency, companies)
        return documents.document(
            self._get_title(),
            [
                documents.table(
                    "collectors",
                    self.env._("Work and results"),
                    self._get_columns(options),
                    rows,
                    totals=[],
                    empty=self.env._(
                        "Nobody you see worked or had cases in these days: choose other days."
                    ),
                ),
                self._get_warnings(options),
            ],
            subtitle=f"{self._get_company_words()} · {self._get_period_words(options)}",
            definitions=self._get_definitions(),
        )

    def _get_columns(self, options):
        env = self.env
        start = format_date(env, options["date_from"])
        return [
            documents.column("name", env._("Team / collector")),
            documents.column("contacts", env._("Spoken to"), "integer",
                             help=env._("Debtors, each once a day.")),
            documents.column("calls", env._("Calls"), "integer"),
            documents.column("right_party", env._("Right party"), "integer"),
            documents.column("promises", env._("Promises"), "integer"),
            documents.column("kept_rate", env._("Promises kept"), "percent", better="up"),
            documents.column("disputes", env._("Disputes solved"), "integer"),
            documents.column("recovered", env._("Recovered"), "money", better="up"),
            documents.column("target", env._("Target"), "money"),
            documents.column("target_share", env._("Of the target"), "percent",
                             ratio=("recovered", "target"), better="up"),
            documents.column("opening", env._("Portfolio on %s", start), "money"),
            documents.column("paid", env._("Of it recovered"), "money", better="up"),
            documents.column("expected", env._("Expected"), "money"),
            documents.column("ratio", env._("Recovered / expected"), "percent",
                             ratio=("paid", "expected"), better="up"),
            documents.column("lower", env._("From"), "percent"),
            documents.column("upper", env._("To"), "percent"),
            documents.column("remark", env._("Remark")),
        ]  # fmt: skip

    def _get_currency_rows(self, options, currency, companies):
        """Return the rows of the teams, or of the reader alone."""
        done = self._get_done(options, companies)
        items = self._get_items(options, companies)
        known = difficulty.rates(item for found in items.values() for item in found)
        targets = self._get_targets(options, companies)
        units = set(done) | set(items) | set(targets)
        if options["team_ids"]:
            units = {unit for unit in units if unit[0] in options["team_ids"]}
        data = (done, items, known, targets)
        if self._get_readable_teams() == []:
            return self._get_own_rows(currency, units, data)
        rows = []
        names = self._get_team_names({team_id for team_id, _user in units})
        for team_id in sorted(names, key=lambda item: (not item, names[item])):
            own = {unit for unit in units if unit[0] == team_id and self._may_see(*unit)}
            if own:
                cells = self._make_cells(names[team_id], own, data, target=(team_id, 0))
                key = f"{currency.id}:{team_id}"
                rows.append(
                    documents.row(f"team-{key}", cells, currency=currency.id, expand=key,
                                  drill=f"cases:{team_id}:")
                )  # fmt: skip
        return rows

    def _get_team_names(self, ids):
        names = {0: self.env._("No team")} if 0 in ids else {}
        # the names of teams are no secret to who sees their cases
        for team in self.env["collections.team"].sudo().browse(ids - {0}).exists():
            names[team.id] = team.name
        return names

    @api.model
    def _get_rows(self, options, key):
        """Return the collectors of a team."""
        number, _colon, team = key.partition(":")
        currencies = {str(item.id): item for item in self._get_companies_by_currency()}
        if number not in currencies or not team.isdecimal():
            return super()._get_rows(options, key)
        currency, team_id = currencies[number], int(team)
        companies = self._get_companies_by_currency()[currency]
        done, items = self._get_done(options, companies), self._get_items(options, companies)
        known = difficulty.rates(item for found in items.values() for item in found)
        data = (done, items, known, self._get_targets(options, companies))
        units = {
            unit for part in (done, items, data[3]) for unit in part
            if unit[0] == team_id and unit[1] and self._may_see(*unit)
        }  # fmt: skip
        users = self.env["res.users"].sudo().browse({user for _team, user in units})
        names = {user.id: user.name for user in users}
        return [
            self._make_user_row(currency, unit, names[unit[1]], data, level=1)
            for unit in sorted(units, key=lambda unit: names[unit[1]])
        ]

    def _make_user_row(self, currency, unit, name, data, level=0):
        team_id, user_id = unit
        cells = self._make_cells(name, {unit}, data, target=unit)
        return documents.row(
            f"user-{currency.id}-{team_id}-{user_id}",
            cells,
            currency=currency.id,
            level=level,
            drill=f"cases:{team_id}:{user_id}",
            drills={"promises": f"promises:{team_id}:{user_id}",
                    "calls": f"contacts:{team_id}:{user_id}"},
        )  # fmt: skip

    def _get_own_rows(self, currency, units, data):
        """Return what a collector sees: himself in each of his teams, and their averages."""
        uid, rows = self.env.uid, []
        for unit in sorted(unit for unit in units if unit[1] == uid):
            rows.append(self._make_user_row(currency, unit, self.env.user.name, data))
            peers = {other for other in units if other[0] == unit[0] and other[1]}
            if unit[0] and len(peers) >= FEWEST:
                rows.append(self._make_average(currency, unit[0], peers, data))
        return rows

    def _make_average(self, currency, team_id, peers, data):
        """Return the average collector of a team, who is nobody."""
        total = self._make_cells("", peers, data, target=None)
        count = len(peers)
        cells = {
            name: value / count
            for name, value in total.items()
            if name in ("recovered", "contacts", "calls", "right_party", "promises", "disputes")
        }
        cells = {name: value if name == "recovered" else round(value)
                 for name, value in cells.items()}  # fmt: skip
        cells["name"] = self.env._("Average of the team")
        cells["kept_rate"] = total["kept_rate"]
        cells["remark"] = self.env._("Of %s collectors", count)
        return documents.row(
            f"average-{currency.id}-{team_id}", cells, currency=currency.id, muted=True
        )

    def _make_cells(self, name, units, data, target):
        """Return the cells of one or several collectors together.

        :param data: ``(what was done, items of the portfolios, known rates, targets)``
        :param target: whose target counts; None: nobody's
        """
        done, items, known, targets = data
        sums = {count: sum(done.get(unit, {}).get(count, 0) for unit in units) for count in COUNTS}
        kept, judged = sums.pop("kept"), sums.pop("judged")
        ratio = difficulty.compare([item for unit in units for item in items.get(unit, ())], known)
        aim = float(targets.get(target, 0)) if target else 0
        few = ratio.ratio is None and bool(ratio.debtors)
        return {
            "name": name,
            **{count: int(value) for count, value in sums.items() if count != "recovered"},
            "recovered": float(sums["recovered"]),
            "kept_rate": 100 * kept / judged if judged else None,
            "target": aim or None,
            "target_share": 100 * float(sums["recovered"]) / aim if aim else None,
            "opening": ratio.opening,
            "paid": ratio.recovered,
            "expected": ratio.expected,
            "ratio": None if ratio.ratio is None else 100 * ratio.ratio,
            "lower": None if ratio.lower is None else 100 * ratio.lower,
            "upper": None if ratio.upper is None else 100 * ratio.upper,
            "remark": self.env._("Few data: %s debtors", ratio.debtors) if few else None,
        }

    # -- what was done ---------------------------------------------------------------------------

    def _get_done(self, options, companies):
        """Return ``{(team id or 0, collector id or 0): {count: value}}``."""
        first, last = options["date_from"], options["date_to"]
        union = self.env["collections.measure"]._get_union_sql(
            first, last, dict.fromkeys(("recovered", "contacts", "promises"), first)
        )
        queries = [
            SQL("SELECT company_id, team_id, user_id, measure, amount FROM (%s) event", union),
            self._get_calls_sql(first, last),
            self._get_kept_sql(first, last),
            self._get_disputes_sql(first, last),
        ]
        rows = self._query(
            SQL(
                "SELECT coalesce(team_id, 0) AS team_id, coalesce(user_id, 0) AS user_id, measure,"
                " sum(amount) AS amount FROM (%s) done WHERE company_id = ANY(%s)"
                " AND measure = ANY(%s) GROUP BY 1, 2, 3",
                SQL(" UNION ALL ").join(queries),
                companies.ids,
                list(COUNTS),
            )
        )
        done = defaultdict(dict)
        for row in rows:
            done[row["team_id"], row["user_id"]][row["measure"]] = row["amount"]
        return done

    def _get_calls_sql(self, first, last):
        """Calls that collectors noted, and those of them in which the debtor was reached; any other
        contact by hand that reached him counts as right party too."""
        return SQL(
            """
            SELECT contact.company_id, kase.team_id, contact.create_uid AS user_id,
                   counted.measure, counted.amount
              FROM collections_contact contact
              JOIN collections_case kase ON kase.id = contact.case_id
              JOIN collections_channel channel ON channel.id = contact.channel_id
              JOIN collections_outcome outcome ON outcome.id = contact.outcome_id
              JOIN %(clock)s ON clock.company_id = contact.company_id
        CROSS JOIN LATERAL (VALUES ('calls', (channel.medium = 'call')::int),
                                   ('right_party', coalesce(outcome.reached, false)::int))
                   AS counted (measure, amount)
             WHERE %(period)s
            """,
            clock=self.env["collections.ledger"]._get_clock_sql(),
            period=self.env["collections.contact"]._get_period_sql(first, last),
        )

    def _get_kept_sql(self, first, last):
        """Of the promises obtained in the period, those about which the ledger has spoken, and
        those that were kept."""
        return SQL(
            """
            SELECT promise.company_id, kase.team_id, promise.user_id, counted.measure,
                   counted.amount
              FROM collections_promise promise
              JOIN collections_case kase ON kase.id = promise.case_id
        CROSS JOIN LATERAL (
                   VALUES ('kept', (promise.state = 'kept')::int),
                          ('judged', (promise.state IN ('kept', 'partly', 'broken'))::int))
                   AS counted (measure, amount)
             WHERE promise.date BETWEEN %s AND %s AND promise.state NOT IN ('awaiting', 'refused')
            """,
            first,
            last,
        )

    def _get_disputes_sql(self, first, last):
        """Disputes decided in the period, by who decided."""
        return SQL(
            """
            SELECT dispute.company_id, kase.team_id, dispute.decided_by_id AS user_id,
                   'disputes' AS measure, 1 AS amount
              FROM collections_dispute dispute
              JOIN collections_case kase ON kase.id = dispute.case_id
             WHERE dispute.date_closed BETWEEN %s AND %s AND dispute.decided_by_id IS NOT NULL
               AND dispute.state IN ('accepted', 'credited', 'rejected', 'paid')
            """,
            first,
            last,
        )

    def _get_targets(self, options, companies):
        """Return ``{(team id, collector id or 0): amount}``, those that overlap the period only in
        part by their days in it."""
        targets = self.env["collections.target"]
        if not targets.has_access("read"):
            return {}
        found = defaultdict(float)
        for target in targets.search(
            [
                ("company_id", "in", companies.ids),
                ("date_from", "<=", options["date_to"]),
                ("date_to", ">=", options["date_from"]),
                ("amount", ">", 0),
            ]
        ):
            days = (target.date_to - target.date_from).days + 1
            shared = min(target.date_to, options["date_to"]) - max(
                target.date_from, options["date_from"]
            )
            amount = target.amount * (shared.days + 1) / days
            found[target.team_id.id, target.user_id.id or 0] += amount
        return found

    # -- what could be expected ------------------------------------------------------------------

    def _get_items(self, options, companies):
        """Return ``{(team id or 0, collector id or 0): [Item]}`` of the whole company: what was
        open at the beginning, and what of it payments of the period settled."""
        rows = self._query(self._get_items_sql(options, companies))
        totals = defaultdict(float)
        for row in rows:
            totals[row["case_id"]] += float(row["opening"])
        bounds = difficulty.limits(totals.values())
        items = defaultdict(list)
        for row in rows:
            size = difficulty.band(totals[row["case_id"]], bounds)
            items[row["team_id"], row["user_id"]].append(
                difficulty.Item(
                    row["user_id"],
                    row["case_id"],
                    (difficulty.AGES[row["age"]], size),
                    float(row["opening"]),
                    float(row["recovered"]),
                )
            )
        return items

    def _get_items_sql(self, options, companies):
        """Return the statement of the portfolios by debtor and age.

        Who had a case then is told by its log: the last assignment before, or what the first one
        after took it from.
        """
        day = options["date_from"] - timedelta(days=1)
        return SQL(
            """
            WITH item AS (%(open)s),
            settled AS (
                SELECT partial.debit_move_id AS line_id, sum(partial.amount) AS amount
                  FROM account_partial_reconcile partial
                  JOIN account_move_line credit ON credit.id = partial.credit_move_id
                  JOIN account_move move ON move.id = credit.move_id AND move.move_type = 'entry'
                  JOIN account_journal journal
                    ON journal.id = move.journal_id AND journal.type IN ('bank', 'cash', 'credit')
                 WHERE partial.max_date BETWEEN %(first)s AND %(last)s AND %(stands)s
              GROUP BY partial.debit_move_id
            ), before AS (
                SELECT DISTINCT ON (case_id) case_id, (data::jsonb ->> 'to')::int AS user_id
                  FROM collections_log
                 WHERE event = 'assigned' AND moment < %(moment)s AND %(told)s
              ORDER BY case_id, moment DESC, id DESC
            ), later AS (
                SELECT DISTINCT ON (case_id) case_id, (data::jsonb ->> 'from')::int AS user_id
                  FROM collections_log
                 WHERE event = 'assigned' AND moment >= %(moment)s AND %(told)s
              ORDER BY case_id, moment, id
            ), owed AS (
                SELECT item.company_id, item.partner_id,
                       greatest(least(ceil((%(day)s - item.due) / 30.0), 4), 0)::int AS age,
                       sum(item.amount) AS opening,
                       sum(least(coalesce(settled.amount, 0), item.amount)) AS recovered
                  FROM item LEFT JOIN settled ON settled.line_id = item.line_id
                 WHERE item.amount > 0 AND item.company_id = ANY(%(companies)s)
              GROUP BY 1, 2, 3
            )
            SELECT kase.id AS case_id, coalesce(kase.team_id, 0) AS team_id,
                   coalesce(CASE WHEN before.case_id IS NOT NULL THEN before.user_id
                                 WHEN later.case_id IS NOT NULL THEN later.user_id
                                 ELSE kase.user_id END, 0) AS user_id,
                   owed.age, owed.opening, owed.recovered
              FROM owed
              JOIN collections_case kase
                ON kase.partner_id = owed.partner_id AND kase.company_id = owed.company_id
               AND kase.state <> 'merged'
         LEFT JOIN before ON before.case_id = kase.id
         LEFT JOIN later ON later.case_id = kase.id
            """,
            open=self.env["collections.ledger"]._get_open_on_days_sql([day], foreign=False),
            first=options["date_from"],
            last=options["date_to"],
            stands=self.env["collections.receipt"]._get_stands_sql(),
            moment=datetime.combine(options["date_from"], time()),
            # an entry without either tells of the team alone
            told=SQL("jsonb_exists_any(data::jsonb, ARRAY['from', 'to'])"),
            day=day,
            companies=companies.ids,
        )

    # -- words -----------------------------------------------------------------------------------

    def _get_warnings(self, options):
        env = self.env
        return documents.text(
            "warnings",
            env._("What this does not compare"),
            [
                env._(
                    "Recovered / expected is each portfolio against the same kind of debt in the "
                    "whole company, by age and size. Two collectors are not ranked by it: an "
                    "interval that holds 100 % says nothing against or for anybody."
                ),
                env._(
                    "It knows nothing else of a debtor: not his country, whether he is in dispute, "
                    "insolvent or with a lawyer, nor whether somebody chose him for somebody."
                ),
                env._(
                    "Work done is what was noted. A short call and a long one count the same; who "
                    "notes more looks busier."
                ),
                env._(
                    "A case that changed hands counts for who had it on %(day)s, its payments "
                    "noticed since for who had it when they were noticed.",
                    day=format_date(env, options["date_from"]),
                ),
                env._("Many debtors would have paid without any collector: see Recovery."),
            ],
        )

    def _get_definitions(self):
        env = self.env
        return [
            documents.definition(
                env._("Expected"),
                env._(
                    "What was open at the beginning, by age (not due, 1-30, 31-60, 61-90, over 90 "
                    "days) and size of the debtor (four bands of equally many), times the share "
                    "that the whole company recovered of the same kind (indirect standardisation)."
                ),
                env._("The ledger as of the evening before; payments reconciled with it since."),
                env._("Said only with %s debtors or more.", difficulty.FEW_DEBTORS),
            ),
            documents.definition(
                env._("Recovered"),
                env._("Payments of debtors who had been asked, for who had the case then."),
                env._("Payments noticed by the refresh, amounts of the ledger, reversed ones out."),
                env._(
                    "Not the same as “Of it recovered”, which is about what was open at the "
                    "beginning, asked for or not."
                ),
            ),
            documents.definition(
                env._("Promises kept"),
                env._("Kept / (kept + partly kept + broken) of the promises made in the period"),
                env._("Promises, by who recorded them; the ledger's verdict."),
                env._("Promises that are not due yet are left out, so recent days say little."),
            ),
            documents.definition(
                env._("Target"),
                env._("The targets of these days; of those that reach beyond, their days in it."),
                env._("Targets"),
            ),
        ]  # fmt: skip

    # -- behind a figure -------------------------------------------------------------------------

    @api.model
    def _get_drill(self, options, key):
        kind, _colon, rest = key.partition(":")
        team, _colon, user = rest.partition(":")
        actions = {
            "cases": ("collections_case_action", "team_id", "user_id", None),
            "promises": ("collections_promise_action", "case_id.team_id", "user_id", "date"),
            "contacts": ("collections_contact_action", "case_id.team_id", "create_uid", "sent_on"),
        }
        if kind not in actions or not team.isdecimal() or not (user or "0").isdecimal():
            return super()._get_drill(options, key)
        name, team_field, user_field, day_field = actions[kind]
        domain = [("company_id", "in", self.env.companies.ids)]
        domain.append((team_field, "=", int(team) or False))
        if user:
            domain.append((user_field, "=", int(user) or False))
        if day_field:
            domain.append((day_field, ">=", options["date_from"].isoformat()))
            domain.append((day_field, "<", (options["date_to"] + timedelta(days=1)).isoformat()))
        if kind == "contacts":
            domain.append(("outcome_id", "!=", False))
        action = self.env["ir.actions.act_window"]._for_xml_id(f"collections_management.{name}")
        return {**action, "domain": domain, "context": {}}
