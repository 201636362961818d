from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, format_date

from ..engine.assignment import find_cover


class CollectionsAbsence(models.Model):
    """Days on which a collector is away: no new cases, and a substitute works the others.

    The cases stay with who has them; the substitute finds them in the own list until the collector
    is back. Why somebody is away is nobody's business here.
    """

    _name = "collections.absence"
    _description = "Absence of a Collector"
    _order = "date_from desc, id desc"
    _rec_name = "user_id"

    user_id = fields.Many2one(
        "res.users",
        string="Collector",
        required=True,
        default=lambda self: self.env.user,
        ondelete="cascade",
        index=True,
        domain=[("share", "=", False)],
    )
    date_from = fields.Date(string="Away from", required=True, default=fields.Date.context_today)
    date_to = fields.Date(
        string="Away until",
        required=True,
        help="The last day away.",
        default=fields.Date.context_today,
    )
    substitute_id = fields.Many2one(
        "res.users",
        compute="_compute_substitute_id",
        store=True,
        readonly=False,
        domain=[("share", "=", False)],
        help="Works the cases meanwhile. Empty: nobody does.",
    )
    state = fields.Selection(
        [("coming", "Coming"), ("now", "Away now"), ("over", "Over")],
        compute="_compute_state",
        search="_search_state",
    )
    case_count = fields.Integer(string="Cases", compute="_compute_state")

    _dates_ordered = models.Constraint(
        "CHECK (date_to >= date_from)", "The last day away is not before the first."
    )

    @api.depends("user_id")
    def _compute_substitute_id(self):
        members = self.env["collections.team.member"].search(
            [("user_id", "in", self.user_id.ids), ("substitute_id", "!=", False)]
        )
        usual = {member.user_id: member.substitute_id for member in members[::-1]}
        for absence in self:
            absence.substitute_id = absence.substitute_id or usual.get(absence.user_id)

    @api.depends("date_from", "date_to", "user_id")
    def _compute_state(self):
        today = fields.Date.context_today(self)
        counts = dict(
            self.env["collections.case"]._read_group(
                [("user_id", "in", self.user_id.ids), ("state", "=", "open")],
                ["user_id"],
                ["__count"],
            )
        )
        for absence in self:
            absence.case_count = counts.get(absence.user_id, 0)
            if not (absence.date_from and absence.date_to):
                absence.state = False
            elif absence.date_from > today:
                absence.state = "coming"
            else:
                absence.state = "over" if absence.date_to < today else "now"

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        domains = {
            "coming": [("date_from", ">", today)],
            "now": [("date_from", "<=", today), ("date_to", ">=", today)],
            "over": [("date_to", "<", today)],
        }
        return fields.Domain.OR(fields.Domain(domains[key]) for key in value if key in domains)

    @api.depends("user_id", "date_from", "date_to")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for absence in self:
            absence.display_name = self.env._(
                "%(user)s, %(first)s to %(last)s",
                user=absence.user_id.name or "",
                first=format_date(self.env, absence.date_from),
                last=format_date(self.env, absence.date_to),
            )

    @api.constrains("user_id", "substitute_id", "date_from", "date_to")
    def _check_absence(self):
        for absence in self:
            if absence.substitute_id == absence.user_id:
                raise ValidationError(self.env._("Nobody is their own substitute."))
            twin = self.search(
                [
                    ("id", "!=", absence.id),
                    ("user_id", "=", absence.user_id.id),
                    ("date_from", "<=", absence.date_to),
                    ("date_to", ">=", absence.date_from),
                ],
                limit=1,
            )
            if twin:
                raise ValidationError(
                    self.env._("These days overlap another absence: %s.", twin.display_name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        absences = super().create(vals_list)
        absences.sudo()._cover()
        return absences

    def write(self, vals):
        companies = self.user_id.sudo().company_ids
        result = super().write(vals)
        self.sudo()._cover(companies | self.user_id.sudo().company_ids)
        return result

    def unlink(self):
        companies = self.user_id.sudo().company_ids
        result = super().unlink()
        self.sudo()._cover(companies)
        return result

    @api.model
    def _get_away(self, users, company):
        """Extension point: ``{user id: (substitute id or None, last day)}`` of those away today;
        an addon with a leave calendar of its own adds to it.
        """
        today = self.env["collections.ledger"]._today(company)
        absences = self.sudo().search_fetch(
            [
                ("date_from", "<=", today),
                ("date_to", ">=", today),
                *([("user_id", "in", users.ids)] if users is not None else []),
            ],
            ["user_id", "substitute_id", "date_to"],
        )
        return {
            absence.user_id.id: (absence.substitute_id.id or None, absence.date_to)
            for absence in absences
        }

    @api.model
    def _cover(self, companies=None):
        """Put the cases of those away today on the lists of their substitutes, and take them back
        from there when they return: one read and one write a company.

        :return: the number of cases that changed
        """
        count = 0
        if companies is None:
            companies = self.user_id.company_ids
        self.env["collections.case"].flush_model()
        for company in companies:
            rows = self._get_cover_rows(company)
            if rows:
                self._write_covers(rows)
            count += len(rows)
        return count

    def _get_cover_rows(self, company):
        """Return ``[(case id, substitute id, last day, who had it on his list)]`` of the cases
        whose substitute is another one now."""
        away = self._get_away(None, company)
        substitutes = {user: substitute for user, (substitute, _until) in away.items()}
        covers = {user: find_cover(user, substitutes) for user in away}
        active = set(
            self.env["res.users"]
            .sudo()
            .browse(filter(None, covers.values()))
            .filtered("active")
            .ids
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id, user_id, substitute_id, substitute_until FROM collections_case
                 WHERE company_id = %s AND state = 'open'
                   AND (substitute_id IS NOT NULL OR user_id = ANY(%s))
              ORDER BY id
                """,
                company.id,
                list(away),
            )
        )
        changes = []
        for case_id, user_id, before, before_until in rows:
            cover = covers.get(user_id)
            cover = cover if cover in active else None
            until = away[user_id][1] if cover else None
            if (cover, until) != (before, before_until):
                changes.append((case_id, cover, until, before))
        return changes

    def _write_covers(self, rows):
        log = self.env["collections.log"]
        linked = log._link(
            [
                {
                    "case_id": case_id,
                    "event": "covered" if cover else "returned",
                    "data": {
                        "by": cover or before,
                        "until": until and fields.Date.to_string(until),
                    },
                }
                for case_id, cover, until, before in rows
            ]
        )
        columns = [list(column) for column in zip(*rows, strict=True)]
        self.env.cr.execute(
            SQL(
                """
                UPDATE collections_case kase
                   SET substitute_id = wanted.substitute_id, substitute_until = wanted.until,
                       log_sequence = head.sequence, log_hash = head.hash
                  FROM unnest(%s::int[], %s::int[], %s::date[])
                       AS wanted (id, substitute_id, until), %s
                 WHERE kase.id = wanted.id AND head.id = wanted.id
                """,
                *columns[:3],
                log._get_heads_sql(linked.heads),
            )
        )
        self.env["collections.case"].invalidate_model(["substitute_id", "substitute_until"])
        log._store(linked)
