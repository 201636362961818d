from odoo import api, fields, models
from odoo.tools import SQL

from .collections_fact_base import AMOUNTS, join_sql

HOLDERS = ("case_id", "user_id", "team_id", "segment_id", "strategy_id", "step_id")
# The same of all receivables without a debtor; an index of the database knows it.
DEBTOR = SQL("coalesce(partner_id, 0)")


class CollectionsFact(models.Model):
    """What was known of a debtor at the end of a day; it stands until his next fact.

    A night writes only what changed, so that ten years of a debtor are some hundred rows. For the
    time before the first night the ledger tells (``source`` rebuilt): who collected then, and what
    was disputed or promised, it does not know.
    """

    _name = "collections.fact"
    _inherit = "collections.fact.base"
    _description = "Daily Fact of a Debtor"
    _log_access = False  # not inherited
    _order = "day desc, id desc"
    _rec_name = "partner_id"

    partner_id = fields.Many2one(
        "res.partner", string="Debtor", readonly=True, ondelete="cascade", index=True
    )
    case_id = fields.Many2one(
        "collections.case", readonly=True, ondelete="set null", index="btree_not_null"
    )
    source = fields.Selection(
        [("night", "Nightly run"), ("rebuilt", "Rebuilt from the ledger")],
        required=True,
        readonly=True,
    )
    user_id = fields.Many2one("res.users", string="Collector", readonly=True, ondelete="set null")
    team_id = fields.Many2one("collections.team", readonly=True, ondelete="set null")
    segment_id = fields.Many2one("collections.segment", readonly=True, ondelete="set null")
    strategy_id = fields.Many2one("collections.strategy", readonly=True, ondelete="set null")
    step_id = fields.Many2one(
        "collections.step", string="Last Step", readonly=True, ondelete="set null"
    )

    _day_unique = models.UniqueIndex(
        "(company_id, COALESCE(partner_id, 0), day)", "A debtor has one fact a day."
    )

    _no_case_idx = models.Index("(company_id) WHERE case_id IS NULL")

    # -- reading ---------------------------------------------------------------------------------

    @api.model
    def _get_facts_on_sql(self, day, companies):
        """Return as SQL the facts that stood at the end of a day, one of each debtor: all columns
        of ``collections_fact``. The reader's rights are the caller's to add, by ``case_id``."""
        return SQL(
            """
            SELECT DISTINCT ON (company_id, %(debtor)s) * FROM collections_fact
             WHERE company_id = ANY(%(companies)s) AND day <= %(day)s
          ORDER BY company_id DESC, %(debtor)s DESC, day DESC
            """,
            debtor=DEBTOR,
            companies=companies.ids,
            day=day,
        )

    @api.model
    def _get_facts_over_sql(self, days, companies, cases=None):
        """Return as SQL the facts that stood at the end of each of some days: ``on_day`` and all
        columns of ``collections_fact``. Each is looked up by the index, and so is each debtor.

        :param SQL cases: a condition on their ``kase``; None: of all debtors
        """
        if cases is None:
            debtors = SQL(
                """
                WITH RECURSIVE debtor AS (
                    SELECT company_id, (SELECT min(%(debtor)s) FROM collections_fact
                                         WHERE company_id = company.company_id) AS debtor_id
                      FROM unnest(%(companies)s) AS company (company_id)
                     UNION ALL
                    SELECT company_id, (SELECT min(%(debtor)s) FROM collections_fact
                                         WHERE company_id = debtor.company_id
                                           AND %(debtor)s > debtor.debtor_id)
                      FROM debtor WHERE debtor_id IS NOT NULL
                )
                SELECT * FROM debtor
                """,
                companies=companies.ids,
                debtor=DEBTOR,
            )
        else:
            debtors = SQL(
                "SELECT company_id, partner_id AS debtor_id FROM collections_case kase"
                " WHERE %s AND company_id = ANY(%s) AND state <> 'merged'",
                cases,
                companies.ids,
            )
        return SQL(
            """
            SELECT wanted.on_day, fact.*
              FROM (%(debtors)s) debtor
        CROSS JOIN unnest(%(days)s::date[]) AS wanted (on_day)
        CROSS JOIN LATERAL (
                   SELECT * FROM collections_fact
                    WHERE company_id = debtor.company_id AND %(debtor)s = debtor.debtor_id
                      AND day <= wanted.on_day
                 ORDER BY day DESC LIMIT 1) fact
            """,
            debtors=debtors,
            debtor=DEBTOR,
            days=list(days),
        )

    @api.model
    def _merge_debtors(self, sources, target):
        """Add the facts of debtors to those of the one they are merged into, day by day, in one
        statement: the sum of what stood of each.

        To be called when their cases are merged, before Odoo rewrites the references to the
        partners.
        """
        self.flush_model()
        sums = join_sql("sum(stood.%(name)s) AS %(name)s", AMOUNTS)
        holders = SQL(", ").join(
            SQL(
                "(array_agg(stood.%(name)s ORDER BY (stood.partner_id = %(target)s) DESC)"
                " FILTER (WHERE stood.%(name)s IS NOT NULL))[1] AS %(name)s",
                name=SQL.identifier(name),
                target=target.id,
            )
            for name in HOLDERS[1:]
        )
        self.env.cr.execute(
            SQL(
                """
                WITH old AS (
                    DELETE FROM collections_fact WHERE partner_id = ANY(%(partners)s) RETURNING *
                ), stood AS (
                    SELECT DISTINCT ON (wanted.company_id, wanted.day, old.partner_id)
                           old.*, wanted.day AS on_day
                      FROM (SELECT DISTINCT company_id, day FROM old) wanted
                      JOIN old ON old.company_id = wanted.company_id AND old.day <= wanted.day
                  ORDER BY wanted.company_id, wanted.day, old.partner_id, old.day DESC
                )
                INSERT INTO collections_fact (
                    company_id, currency_id, partner_id, day, source, %(columns)s)
                SELECT stood.company_id, min(stood.currency_id), %(target)s, on_day,
                       CASE WHEN bool_or(stood.source = 'night' AND stood.day = on_day)
                            THEN 'night' ELSE 'rebuilt' END,
                       %(sums)s, max(kase.id), %(holders)s
                  FROM stood
             LEFT JOIN collections_case kase
                    ON kase.company_id = stood.company_id
                   AND kase.partner_id = ANY(%(partners)s) AND kase.state <> 'merged'
              GROUP BY stood.company_id, on_day
                """,
                partners=(sources | target).ids,
                target=target.id,
                columns=join_sql("%(name)s", (*AMOUNTS, *HOLDERS)),
                sums=sums,
                holders=holders,
            )
        )
        self.invalidate_model()
