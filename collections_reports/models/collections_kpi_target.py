from odoo import api, models
from odoo.tools import SQL

from ..engine import kpi
from .collections_report_base import READERS_OF_TEAMS


class CollectionsKpi(models.AbstractModel):
    """What was collected of what was aimed at."""

    _inherit = "collections.kpi"

    @api.model
    def _get_currency_figures(self, report, options, companies, books, names=None):
        figures = super()._get_currency_figures(report, options, companies, books, names)
        if not self._wants(names, "target"):
            return figures
        if any(options.get(name) for name in ("segment_ids", "strategy_ids", "partner_ids")):
            return figures | {"target": kpi.undefined("target_filtered")}
        if not self.env["collections.target"].has_access("read"):
            return figures | {"target": kpi.undefined("no_target")}
        [row] = report._query(self._get_target_sql(report, options, companies))
        return figures | {"target": kpi.collected_to_target(row["held"], row["aimed"])}

    @api.model
    def _get_target_sql(self, report, options, companies):
        """Return as SQL ``held, aimed``: what was recovered and what the targets say for as much of
        the period as they cover, in proportion to its days.

        Where a team has a target as a whole, it counts instead of those of its collectors. What
        counts is what the receipts credited to who had the case then.
        """
        goals = [("company_id", "in", companies.ids), ("amount", ">", 0)]
        if options.get("team_ids"):
            goals.append(("team_id", "in", options["team_ids"]))
        if options.get("user_ids"):
            goals.append(("user_id", "in", options["user_ids"]))
        elif not self._is_for_teams():
            goals.append(("user_id", "=", self.env.uid))
        return SQL(
            """
            WITH goal AS (
                SELECT target.*, greatest(target.date_from, %(first)s) AS since,
                       least(target.date_to, %(last)s) AS until
                  FROM collections_target target
                 WHERE target.id IN %(goals)s
                   AND target.date_from <= %(last)s AND target.date_to >= %(first)s
            ), counted AS (
                SELECT goal.*, goal.amount * (until - since + 1) / (date_to - date_from + 1) AS aim
                  FROM goal
                 WHERE user_id IS NULL OR NOT EXISTS (
                       SELECT FROM goal whole
                        WHERE whole.user_id IS NULL AND whole.team_id = goal.team_id
                          AND whole.company_id = goal.company_id)
            )
            SELECT (SELECT coalesce(sum(aim), 0) FROM counted) AS aimed,
                   coalesce(sum(-line.balance), 0) AS held
              FROM counted
              JOIN collections_receipt receipt
                ON receipt.company_id = counted.company_id AND receipt.team_id = counted.team_id
               AND (counted.user_id IS NULL OR receipt.user_id = counted.user_id)
               AND receipt.date BETWEEN counted.since AND counted.until
              JOIN account_move move ON move.id = receipt.move_id
              JOIN account_move_line line
                ON line.move_id = move.id AND line.currency_id = receipt.currency_id
               AND line.company_id = receipt.company_id AND line.account_id = ANY(%(accounts)s)
               AND line.balance < 0
              JOIN res_partner partner ON partner.id = line.partner_id
              JOIN collections_case told ON told.id = receipt.case_id
              JOIN collections_case kase
                ON kase.company_id = told.company_id AND kase.partner_id = told.partner_id
               AND kase.partner_id = partner.commercial_partner_id AND kase.state <> 'merged'
             WHERE kase.id IN %(cases)s AND %(stands)s
            """,
            first=options["date_from"],
            last=options["date_to"],
            goals=report._get_visible_sql("collections.target", goals),
            accounts=self.env["collections.ledger"]._get_account_ids(),
            cases=report._get_case_sql(options),
            stands=self.env["collections.receipt"]._get_stands_sql(),
        )

    @api.model
    def _is_for_teams(self):
        """Tell whether the reader is measured by the targets of teams; a collector by his own."""
        return self.env.su or self.env.user.has_groups(READERS_OF_TEAMS)
