import ast

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL


class CollectionsSegment(models.Model):
    """An ordered rule that decides which strategy serves a case; the first match wins."""

    _name = "collections.segment"
    _description = "Collections Segment"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Empty: every company.")
    domain = fields.Char(required=True, default="[]", help="Which cases belong here.")
    strategy_id = fields.Many2one(
        "collections.strategy",
        help="Empty: cases of this segment are left alone.",
        ondelete="restrict",
    )
    note = fields.Text(translate=True, help="Why this segment exists, for those who read it later.")
    case_count = fields.Integer(compute="_compute_case_count")
    color = fields.Integer()

    def _compute_case_count(self):
        counts = dict(
            self.env["collections.case"]._read_group(
                [("segment_id", "in", self.ids), ("state", "=", "open")],
                ["segment_id"],
                ["__count"],
            )
        )
        for segment in self:
            segment.case_count = counts.get(segment, 0)

    @api.constrains("domain")
    def _check_domain(self):
        for segment in self:
            try:
                segment.env["collections.case"].search(segment._get_domain(), limit=1)
            except Exception as error:
                raise ValidationError(
                    self.env._(
                        "The rule of segment %(segment)s cannot be read: %(error)s",
                        segment=segment.name,
                        error=error,
                    )
                ) from error

    def _get_domain(self):
        """Return the rule as a ``Domain`` on ``collections.case``."""
        self.ensure_one()
        return Domain(ast.literal_eval(self.domain or "[]"))

    def _get_query(self, cases, company):
        """Return the query of the cases of a company that belong here.

        :raise UserError: naming the segment whose rule cannot be read any more
        """
        try:
            return cases._search(Domain("company_id", "=", company.id) & self._get_domain())
        except (ValueError, SyntaxError, TypeError) as error:
            raise UserError(
                self.env._(
                    "The rule of segment %(segment)s cannot be read: %(error)s",
                    segment=self.name,
                    error=error,
                )
            ) from error

    def action_open_cases(self):
        """Open the cases that belong to this segment now."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_case_action"
        )
        return {**action, "domain": [("segment_id", "=", self.id)], "context": {}}

    @api.model
    def _assign(self, company, run=None):
        """Give every open case of a company its segment and strategy, in a fixed number of queries.

        A strategy chosen by a person stands. Every change is logged with its reason.

        :return: the number of cases that changed
        """
        self.env["collections.case"].flush_model()
        segments = self.search([("company_id", "in", [company.id, False])])
        segment_case = SQL("NULL::integer")
        strategy_case = SQL("NULL::integer")
        if segments:
            cases = self.env["collections.case"].with_company(company)
            segment_case = SQL(
                "CASE %s END",
                SQL(" ").join(
                    SQL("WHEN %s THEN %s", segment._get_condition(cases, company), segment.id)
                    for segment in segments
                ),
            )
            strategy_case = SQL(
                "CASE fresh.segment_id %s END",
                SQL(" ").join(
                    SQL("WHEN %s THEN %s", segment.id, segment.strategy_id.id or None)
                    for segment in segments
                ),
            )
        rows = self.env.execute_query(
            SQL(
                """
                WITH fresh AS (
                    SELECT id, manual_strategy_id, segment_id AS old_segment_id,
                           strategy_id AS old_strategy_id, %(segment)s AS segment_id
                      FROM collections_case
                     WHERE company_id = %(company)s AND state = 'open'
                ), wanted AS (
                    SELECT id, manual_strategy_id, old_segment_id, old_strategy_id, segment_id,
                           COALESCE(manual_strategy_id, %(strategy)s) AS strategy_id
                      FROM fresh
                )
                SELECT id, segment_id, strategy_id, manual_strategy_id FROM wanted
                 WHERE (old_segment_id, old_strategy_id) IS DISTINCT FROM (segment_id, strategy_id)
              ORDER BY id
                """,
                segment=segment_case,
                strategy=strategy_case,
                company=company.id,
            )
        )
        linked = self.env["collections.log"]._link(
            [
                {
                    "case_id": case_id,
                    "event": "segmented",
                    "data": {
                        "segment": segment_id,
                        "strategy": strategy_id,
                        "manual": bool(manual_id),
                    },
                    "run_id": run and run.id,
                }
                for case_id, segment_id, strategy_id, manual_id in rows
            ]
        )
        if rows:
            self._write_cases(rows, linked)
        return len(rows)

    def _get_condition(self, cases, company):
        """Return the rule as a condition on the table of cases, so that they are read once for all
        segments; a rule that needs other tables beside it is asked apart."""
        query = self._get_query(cases, company)
        if query.is_empty():
            return SQL("FALSE")
        if query.from_clause.code == SQL.identifier(cases._table).code:
            return SQL("(%s)", query.where_clause)
        return SQL("collections_case.id IN %s", query.subselect())

    def _write_cases(self, rows, linked):
        """Write what :meth:`_assign` found on the cases, and the heads of their logs with it."""
        log = self.env["collections.log"]
        self.env.cr.execute(
            SQL(
                """
                UPDATE collections_case kase
                   SET segment_id = wanted.segment_id, strategy_id = wanted.strategy_id,
                       log_sequence = head.sequence, log_hash = head.hash
                  FROM unnest(%s::int[], %s::int[], %s::int[])
                       AS wanted (id, segment_id, strategy_id),
                       %s
                 WHERE kase.id = wanted.id AND head.id = wanted.id
                """,
                *(list(column) for column in list(zip(*rows, strict=True))[:3]),
                log._get_heads_sql(linked.heads),
            )
        )
        self.env["collections.case"].invalidate_model(["segment_id", "strategy_id"])
        log._store(linked)
