from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

# A callback comes to the top that long before its hour.
EARLY = timedelta(minutes=10)
SUNDAY = 6


class CollectionsWorklist(models.Model):
    """What a collector can finish in a day: few cases, the most urgent first.

    The night chooses the list of the day and prepares the next one; opened before the night did,
    it is chosen then. A list that somebody has begun is not chosen again.
    """

    _name = "collections.worklist"
    _description = "List of a Day"
    _order = "date desc, id desc"

    user_id = fields.Many2one(
        "res.users", string="Collector", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade", index=True
    )
    date = fields.Date(required=True, readonly=True)
    started_on = fields.Datetime(readonly=True, help="When the collector first opened it.")
    item_ids = fields.One2many("collections.worklist.item", "worklist_id", readonly=True)

    _day_unique = models.Constraint(
        "UNIQUE (user_id, company_id, date)", "A collector has one list a day."
    )

    @api.depends("user_id", "date")
    def _compute_display_name(self):
        for worklist in self:
            worklist.display_name = f"{worklist.user_id.name or ''} · {worklist.date or ''}"

    # -- choosing --------------------------------------------------------------------------------

    @api.model
    def _prepare_night(self, company):
        """Choose the lists of today and of the next day of every collector of a company."""
        today = self.env["collections.ledger"]._today(company)
        self._prepare(company, today)
        self._prepare(company, self._get_next_day(company, today), besides=today)

    @api.model
    def _get_next_day(self, company, day):
        """Extension point: the next day on which collectors of a company work."""
        day += timedelta(days=1)
        return day + timedelta(days=1) if day.weekday() == SUNDAY else day

    @api.model
    def _prepare(self, company, day, users=None, besides=None, more=0):
        """Choose the lists of a day that nobody has begun, set-based.

        :param users: only these collectors; None: everybody who has open cases
        :param date besides: whoever is on the list of that day is left there
        :param int more: add that many to the lists, begun or not
        """
        self.env.flush_all()
        values = self._get_prepare_values(company, day, users)
        values |= {"besides": besides, "more": more}
        if more:
            values["capacity"] = SQL("%s", more)
        for statement in (_FORGET_SQL, _LISTS_SQL, _ITEMS_SQL):
            self.env.cr.execute(SQL(statement, **values))
        self.invalidate_model()
        self.env["collections.worklist.item"].invalidate_model()

    def _get_prepare_values(self, company, day, users):
        return {
            "company": company.id,
            "day": day,
            "now": self.env.cr.now().replace(microsecond=0),
            "uid": self.env.uid,
            "capacity": self._get_capacity_sql(company),
            "eligible": self._get_eligible_sql(company, day),
            "only": SQL("AND kase.user_id = ANY(%s)", users.ids) if users else SQL(),
            "theirs": SQL("AND list.user_id = ANY(%s)", users.ids) if users else SQL(),
            "until": self._get_end_of_day(company, day),
        }

    @api.model
    def _get_capacity_sql(self, company):
        """Return how many cases a day the collector of a ``list`` can work: his own, else the
        company's."""
        return SQL(
            "coalesce((SELECT max(member.daily_capacity) FROM collections_team_member member"
            " WHERE member.user_id = list.user_id AND member.active AND member.daily_capacity > 0),"
            " %s)",
            company.collections_daily_capacity,
        )

    @api.model
    def _get_eligible_sql(self, company, day):
        """Extension point: the condition on a ``kase`` that it may be worked that day.

        A callback that was agreed stands whatever else; nobody else is put on a list who owes
        nothing overdue, was put off, expects a call later, or is left alone for a reason other
        than having answered.
        """
        return SQL(
            """
            kase.state = 'open' AND (kase.skipped_until IS NULL OR kase.skipped_until <= %(day)s)
            AND (kase.callback_on < %(until)s
                 OR kase.callback_on IS NULL AND kase.amount_net_overdue > 0
                    AND NOT EXISTS (
                        SELECT FROM collections_hold hold
                         WHERE hold.case_id = kase.id AND hold.line_id IS NULL
                           AND hold.lifted_on IS NULL AND hold.reason <> 'answered'
                           AND hold.date_from <= %(day)s
                           AND (hold.date_until IS NULL OR hold.date_until >= %(day)s)))
            """,
            day=day,
            until=self._get_end_of_day(company, day),
        )

    @api.model
    def _get_end_of_day(self, company, day):
        """Return the moment, in UTC, at which a day of a company ends."""
        zone = ZoneInfo(company._get_collections_zone())
        midnight = datetime.combine(day + timedelta(days=1), time(), zone)
        return midnight.astimezone(timezone.utc).replace(tzinfo=None)

    @api.model
    def _open_list(self, company, user):
        """Return today's list of a collector, chosen now when the night has not.

        Two screens that open it at once get the same one: who comes second waits for the first.
        """
        today = self.env["collections.ledger"]._today(company)
        domain = [
            ("company_id", "=", company.id), ("user_id", "=", user.id), ("date", "=", today)
        ]  # fmt: skip
        found = self.sudo().search(domain)
        if not found.item_ids:
            if not found:
                self.sudo()._weigh(company, user)
            self.sudo()._prepare(company, today, user)
            found = self.sudo().search(domain)
        return found

    @api.model
    def _weigh(self, company, user):
        """Count the points of a collector's cases, so that a list chosen before any night has its
        order and says why."""
        cases = self.env["collections.case"].search(
            [("company_id", "=", company.id), ("user_id", "=", user.id), ("state", "=", "open")]
        )
        if cases:
            rules = self.env["collections.priority.rule"]
            rules._rank(company)
            rules._score(company, cases)

    # -- the screen ------------------------------------------------------------------------------

    @api.model
    def load_day(self, user=False, case=False):
        """Return everything the screen of the day shows, in one call.

        :param int user: whose day; False: the caller's. A supervisor may look at another's.
        :param int case: the case whose card is wanted; False: the first one's
        :return: see :meth:`_get_day`
        """
        owner = self._get_owner(user)
        worklist = self._open_list(self.env.company, owner)
        if worklist.item_ids and not worklist.started_on and owner == self.env.user:
            worklist.started_on = fields.Datetime.now()
        day = worklist._get_day(owner, case)
        return (
            day
            | self._get_desk()
            | {
                "people": self._get_people(),
                "tomorrow": self._count_tomorrow(owner),
            }
        )

    @api.model
    def load_more(self, count=5):
        """Add the next cases to the caller's list of today; returns what ``load_day`` does."""
        owner, company = self._get_owner(False), self.env.company
        today = self.env["collections.ledger"]._today(company)
        self.sudo()._prepare(company, today, owner, besides=today, more=min(count, 50))
        return self.load_day()

    @api.model
    @api.readonly
    def load_desk(self, case):
        """Return what the page of one case needs to work it: its card and the outcomes."""
        self._check_desk()
        return self._get_desk() | {"card": self.env["collections.case"].browse(case)._get_card()}

    @api.model
    def _get_desk(self):
        return {"outcomes": self._get_outcomes(), "skip_reasons": self._get_skip_reasons()}

    @api.model
    @api.readonly
    def load_cards(self, cases):
        """Return ``{case id: card}`` of the next cases, so that they are there when wanted."""
        self._check_desk()
        found = self.env["collections.case"].browse(cases[:10])._filtered_access("read")
        return {case.id: case._get_card() for case in found}

    @api.model
    def _check_desk(self):
        if not self.env.user.has_group(
            "collections_management.collections_management_group_collector"
        ):
            raise AccessError(self.env._("A collector does this."))

    @api.model
    def _get_owner(self, user):
        """Return whose day is looked at.

        :raise AccessError: when it is neither the caller's nor of somebody he supervises
        """
        self._check_desk()
        owner = self.env["res.users"].browse(user or self.env.uid)
        if owner != self.env.user and owner not in self._get_listened():
            raise AccessError(self.env._("You see your own list only."))
        return owner

    @api.model
    def _get_listened(self):
        """Return the collectors whose day the caller may look at: a supervisor's teams and those
        of no team, a manager's all."""
        users = self.env["res.users"].sudo()
        name = "collections_management.collections_management_group"
        if not self.env.user.has_group(f"{name}_supervisor"):
            return users.browse()
        domain = [
            ("all_group_ids", "in", self.env.ref(f"{name}_collector").ids),
            ("company_ids", "in", self.env.company.ids),
            ("share", "=", False),
        ]
        if not self.env.user.has_group(f"{name}_manager"):
            domain += [
                "|",
                ("collections_member_ids", "=", False),
                ("collections_member_ids.team_id.supervisor_ids", "in", self.env.user.ids),
            ]
        return users.search(domain)

    @api.model
    def _get_people(self):
        others = self._get_listened() - self.env.user
        return [{"id": user.id, "name": user.name} for user in others.sorted("name")]

    @api.model
    def _get_outcomes(self):
        return (
            self.env["collections.outcome"]
            .sudo()
            .search_read(
                [("active", "=", True)],
                ["name", "code", "key", "icon", "medium", "consequence", "reached"],
            )
        )

    @api.model
    def _get_skip_reasons(self):
        """Extension point: the reasons for putting a case off that are one tap away."""
        return [
            self.env._("Waits for somebody in the company"),
            self.env._("The debtor is away"),
            self.env._("Not worth it today"),
        ]

    @api.model
    def _get_promised(self, company, user, day):
        """Return what a collector was promised that day and still counts, in company currency."""
        amounts = (
            self.env["collections.promise"]
            .sudo()
            ._read_group(
                [
                    ("company_id", "=", company.id),
                    ("user_id", "=", user.id),
                    ("date", "=", day),
                    ("state", "not in", ("replaced", "withdrawn", "refused")),
                ],
                ["currency_id"],
                ["amount:sum"],
            )
        )
        return sum(
            currency._convert(amount, company.currency_id, company, day)
            for currency, amount in amounts
        )

    def _get_day(self, owner, case=False):
        """Return the list as the screen shows it::

        {"date", "user": {"id", "name"}, "own": bool, "currency", "promised", "done", "total",
         "rows": [{"case", "name", "amount", "days", "band", "priority", "why", "state",
                   "worked", "callback", "due"}],
         "card": see collections.case._get_card, or False}
        """
        company = self.company_id or self.env.company
        day = self.date or self.env["collections.ledger"]._today(company)
        self._settle()
        rows = self._get_rows(owner, company, day)
        ids = [row["case"] for row in rows]
        first = next((row["case"] for row in rows if row["state"] == "todo"), False)
        chosen = self.env["collections.case"].browse(case if case in ids else first or ids[:1])
        return {
            "date": fields.Date.to_string(day),
            "user": {"id": owner.id, "name": owner.name},
            "own": owner == self.env.user,
            "currency": company.currency_id.id,
            "promised": self._get_promised(company, owner, day),
            "done": sum(row["worked"] for row in rows),
            "total": len(rows),
            "rows": rows,
            "card": chosen._get_card() if chosen else False,
        }

    def _settle(self):
        """Leave out what is nobody's work any more: paid, closed or somebody else's since."""
        if not self:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE collections_worklist_item item
                   SET state = CASE WHEN item.done_on IS NULL THEN 'gone' ELSE 'done' END
                  FROM collections_worklist list, collections_case kase
                 WHERE list.id = item.worklist_id AND kase.id = item.case_id
                   AND list.id = ANY(%(lists)s) AND item.state = 'todo'
                   AND (kase.user_id IS DISTINCT FROM list.user_id
                        OR (%(eligible)s) IS NOT TRUE)
                """,
                lists=self.ids,
                eligible=self._get_eligible_sql(self.company_id, self.date),
            )
        )
        if self.env.cr.rowcount:
            self.env["collections.worklist.item"].invalidate_model()

    def _get_rows(self, owner, company, day):
        """Return the rows of the list that the caller may see, in the order they are worked: what
        is due to be called back, what is to do, what is to be called back later, what is done."""
        now = fields.Datetime.now()
        until = self._get_end_of_day(company, day)
        found = self.env.execute_query(SQL(_ROWS_SQL, lists=self.ids or [0], company=company.id,
                                           owner=owner.id, until=until))  # fmt: skip
        cases = (
            self.env["collections.case"].browse([row[0] for row in found])._filtered_access("read")
        )
        readable = set(cases.ids)
        reasons = cases._get_priority_reasons()
        rows = []
        for case_id, name, amount, days, band, priority, callback, state, worked in found:
            if case_id not in readable:
                continue
            callback = callback if callback and callback < until else None
            rows.append(
                {
                    "case": case_id,
                    "name": name,
                    "amount": float(amount or 0),
                    "days": days or 0,
                    "band": band or "0",
                    "priority": priority or 0,
                    "why": next((text for text, points in reasons[case_id] if points > 0), ""),
                    "state": state,
                    "worked": bool(worked) or state != "todo",
                    "callback": fields.Datetime.to_string(callback) if callback else False,
                    "due": bool(callback and callback <= now + EARLY),
                }
            )
        return sorted(rows, key=_get_row_order)

    @api.model
    def _count_tomorrow(self, owner):
        """Return how many cases the next day's list has so far, and its day."""
        company = self.env.company
        today = self.env["collections.ledger"]._today(company)
        day = self._get_next_day(company, today)
        domain = [
            ("company_id", "=", company.id), ("user_id", "=", owner.id), ("date", "=", day)
        ]  # fmt: skip
        if not self.sudo().search_count(domain, limit=1):
            self.sudo()._prepare(company, day, owner, besides=today)
        items = self.env["collections.worklist.item"].sudo()
        count = items.search_count([("worklist_id", "any", domain), ("state", "=", "todo")])
        return {"date": fields.Date.to_string(day), "count": count}

    @api.model
    def _answer(self, case, values, **more):
        """Return what the screen shows after an action: the list anew and the card wanted next.

        :param dict values: what the screen sent: ``next``, the case it wants to go to
        """
        if not values.get("day"):
            return more
        owner = self.env.user
        worklist = self._open_list(case.company_id, owner)
        return worklist._get_day(owner, values.get("next")) | more


def _get_row_order(row):
    """Callbacks whose hour has come, the list, callbacks of later today, what is dealt with."""
    if row["state"] != "todo":
        return (3, "")
    if row["callback"]:
        return (0 if row["due"] else 2, row["callback"])
    return (1, "")


_FORGET_SQL = """
    DELETE FROM collections_worklist_item item USING collections_worklist list
     WHERE list.id = item.worklist_id AND list.company_id = %(company)s AND list.date = %(day)s
       AND list.started_on IS NULL AND item.state IN ('todo', 'gone') %(theirs)s
"""
_LISTS_SQL = """
    INSERT INTO collections_worklist (user_id, company_id, date,
                                      create_uid, create_date, write_uid, write_date)
    SELECT DISTINCT kase.user_id, kase.company_id, %(day)s::date, %(uid)s, %(now)s::timestamp,
           %(uid)s, %(now)s::timestamp
      FROM collections_case kase
     WHERE kase.company_id = %(company)s AND kase.state = 'open'
       AND kase.user_id IS NOT NULL %(only)s
ON CONFLICT DO NOTHING
"""
# Who is on the list of another day stays there, except who expects a call this day.
_ITEMS_SQL = """
    INSERT INTO collections_worklist_item (worklist_id, case_id, sequence, state,
                                           create_uid, create_date, write_uid, write_date)
    SELECT list.id, chosen.case_id, chosen.place, 'todo', %(uid)s, %(now)s, %(uid)s, %(now)s
      FROM (SELECT kase.user_id, kase.id AS case_id,
                   row_number() OVER (PARTITION BY kase.user_id
                        ORDER BY (kase.callback_on IS NULL), kase.priority DESC NULLS LAST,
                                 kase.amount_net_overdue DESC, kase.id) AS place
              FROM collections_case kase
             WHERE kase.company_id = %(company)s AND kase.user_id IS NOT NULL
               AND (%(eligible)s) %(only)s
               AND NOT EXISTS (
                   SELECT FROM collections_worklist_item taken
                     JOIN collections_worklist before ON before.id = taken.worklist_id
                    WHERE taken.case_id = kase.id AND before.user_id = kase.user_id
                      AND before.company_id = kase.company_id AND before.date = %(besides)s
                      AND taken.state <> 'gone' AND kase.callback_on IS NULL)) chosen
      JOIN collections_worklist list
        ON list.user_id = chosen.user_id AND list.company_id = %(company)s
       AND list.date = %(day)s AND (list.started_on IS NULL OR %(more)s > 0)
     WHERE chosen.place <= %(capacity)s
ON CONFLICT DO NOTHING
"""
_ROWS_SQL = """
    SELECT kase.id, partner.complete_name, kase.amount_net_overdue, kase.days_past_due,
           kase.age_band, kase.priority, kase.callback_on, listed.state,
           listed.done_on
      FROM (SELECT case_id, sequence, state, done_on FROM collections_worklist_item
             WHERE worklist_id = ANY(%(lists)s) AND state <> 'gone'
         UNION ALL
            SELECT id, 0, 'todo', NULL FROM collections_case
             WHERE company_id = %(company)s AND user_id = %(owner)s AND state = 'open'
               AND callback_on < %(until)s
               AND id NOT IN (SELECT case_id FROM collections_worklist_item
                               WHERE worklist_id = ANY(%(lists)s))) listed
      JOIN collections_case kase ON kase.id = listed.case_id
      JOIN res_partner partner ON partner.id = kase.partner_id
  ORDER BY listed.sequence, kase.priority DESC NULLS LAST, kase.id
"""
