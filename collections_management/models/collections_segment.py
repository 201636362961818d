import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine.night import trace

_logger = logging.getLogger(__name__)


class CollectionsSegment(models.Model):
    """An ordered rule that decides which strategy serves a case; the first match wins."""

    _name = "collections.segment"
    _description = "Collections Segment"
    _inherit = ["mail.thread", "collections.case.rule.mixin"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Empty: every company.")
    domain = fields.Char(tracking=True)
    strategy_id = fields.Many2one(
        "collections.strategy",
        tracking=True,
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

    def _get_broken_sentence(self, error):
        return self.env._(
            "The rule of segment %(segment)s cannot be read: %(error)s",
            segment=self.name,
            error=error,
        )

    def write(self, vals):
        result = super().write(vals)
        if "domain" in vals or vals.get("active") is False:
            self.sudo().activity_unlink(["mail.mail_activity_data_warning"])
        return result

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

        A strategy chosen by a person stands. Every change is logged with its reason. In a run, a
        rule that broke stops nobody else's night: it is left out, who belonged there stays there,
        and the managers are told.

        :return: the number of cases that changed
        :raise UserError: naming a segment whose rule cannot be read, when a person asks
        """
        self.env["collections.case"].flush_model()
        segments = self.search([("company_id", "in", [company.id, False])])
        try:
            with self.env.cr.savepoint(flush=False):
                rows = self._get_changes(segments, company)
        except psycopg2.OperationalError:
            raise  # the server's trouble, or another worker's commit: no rule's fault
        except Exception as error:
            broken = segments._get_broken(company)
            if not broken:
                raise
            if not run:
                raise UserError("\n".join(broken.values())) from error
            rows = self._get_changes(segments, company, broken)
            self._tell_broken(broken, run)
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

    def _get_changes(self, segments, company, broken=()):
        """Return the rows of the cases whose segment or strategy is another one now.

        :param broken: segments whose rule is not asked: who belongs there stays
        :return: ``[(case id, segment id, strategy id, id of the strategy chosen by hand)]``
        """
        segment_case = SQL("NULL::integer")
        strategy_case = SQL("NULL::integer")
        if segments:
            cases = self.env["collections.case"].with_company(company)
            segment_case = SQL(
                "CASE %s END",
                SQL(" ").join(
                    SQL(
                        "WHEN %s THEN %s",
                        SQL("collections_case.segment_id = %s", segment.id)
                        if segment in broken
                        else segment._get_condition(cases, company),
                        segment.id,
                    )
                    for segment in segments
                ),
            )
            strategy_case = segments._get_strategy_sql(company)
        return self.env.execute_query(
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

    def _get_strategy_sql(self, company):
        """Extension point: the strategy that these segments give the case ``fresh`` (its ``id``
        and ``segment_id``), as SQL."""
        return SQL(
            "CASE fresh.segment_id %s END",
            SQL(" ").join(
                SQL("WHEN %s THEN %s", segment.id, segment.strategy_id.id or None)
                for segment in self
            ),
        )

    def _tell_broken(self, broken, run):
        """Note on the run which rules were left out, and ask the managers to mend them."""
        for segment, sentence in broken.items():
            _logger.warning(
                "%s: rule left out: %s", trace(run=run.id, segment=segment.id), sentence
            )
            segment._ask_managers(run.company_id, sentence)
        run.warning = "\n".join(
            [
                *broken.values(),
                self.env._("Left out tonight: its cases stayed as they were, no new ones entered."),
            ]
        )

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
