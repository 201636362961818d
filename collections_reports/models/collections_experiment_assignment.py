from odoo import api, fields, models
from odoo.tools import SQL


class CollectionsExperimentAssignment(models.Model):
    """Which arm a debtor is in, since when, and what he owed then. Never changed: only whether its
    experiment still runs."""

    _name = "collections.experiment.assignment"
    _description = "Debtor in a Random Comparison"
    _order = "experiment_id, id"
    _rec_name = "case_id"

    experiment_id = fields.Many2one(
        "collections.experiment",
        string="Comparison",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    arm_id = fields.Many2one(
        "collections.experiment.arm", required=True, readonly=True, ondelete="cascade", index=True
    )
    case_id = fields.Many2one(
        "collections.case", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(string="Entered on", required=True, readonly=True)
    amount = fields.Monetary(string="Owed Then", readonly=True)
    is_running = fields.Boolean(readonly=True, default=True)

    _debtor_unique = models.Constraint(
        "UNIQUE (experiment_id, case_id)", "A debtor enters a comparison once."
    )
    _running_unique = models.UniqueIndex(
        "(case_id) WHERE is_running", "A debtor takes part in one comparison at a time."
    )

    @api.model
    def _insert(self, experiment, rows):
        """Let debtors enter, in one statement; who is in already stays where he is.

        :param rows: ``[(case id, arm, amount owed)]``
        """
        if not rows:
            return
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO collections_experiment_assignment
                       (experiment_id, company_id, date, is_running, case_id, arm_id, amount,
                        create_uid, create_date, write_uid, write_date)
                SELECT %(experiment)s, %(company)s, %(today)s, true, entry.case_id, entry.arm_id,
                       entry.amount, %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM unnest(%(cases)s::int[], %(arms)s::int[], %(amounts)s::numeric[])
                       AS entry (case_id, arm_id, amount)
           ON CONFLICT DO NOTHING
                """,
                experiment=experiment.id,
                company=experiment.company_id.id,
                today=self.env["collections.ledger"]._today(experiment.company_id),
                uid=self.env.uid,
                now=self.env.cr.now().replace(microsecond=0),
                cases=[case_id for case_id, _arm, _amount in rows],
                arms=[arm.id for _case_id, arm, _amount in rows],
                amounts=[amount for _case_id, _arm, amount in rows],
            )
        )
        self.invalidate_model()
        experiment.arm_ids.invalidate_recordset(["assignment_ids", "debtor_count"])

    @api.model
    def _get_arm_sql(self, treatment, case):
        """Return as SQL the rows ``assigned`` and ``arm`` of a case (SQL) under a treatment."""
        return SQL(
            """
            FROM collections_experiment_assignment assigned
            JOIN collections_experiment_arm arm
              ON arm.id = assigned.arm_id AND arm.treatment = %(treatment)s
           WHERE assigned.is_running AND assigned.case_id = %(case)s
            """,
            treatment=treatment,
            case=case,
        )
