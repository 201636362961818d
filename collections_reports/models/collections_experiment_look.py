from odoo import api, fields, models
from odoo.tools import SQL


class CollectionsExperimentLook(models.Model):
    """What was seen of an arm on a day: the interval holds at all looks together."""

    _name = "collections.experiment.look"
    _description = "Look at a Random Comparison"
    _order = "experiment_id, arm_id, date desc"
    _rec_name = "arm_id"

    experiment_id = fields.Many2one(
        "collections.experiment",
        string="Comparison",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    arm_id = fields.Many2one(
        "collections.experiment.arm", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    date = fields.Date(required=True, readonly=True)
    measure = fields.Selection(
        [("share", "Share of what was owed at the start"), ("money", "Money paid")],
        required=True,
        readonly=True,
    )
    debtor_count = fields.Integer(
        string="Finished Debtors", readonly=True, help="Their days to pay are over."
    )
    mean = fields.Float(readonly=True, digits=0, aggregator=None)
    difference = fields.Float(readonly=True, digits=0, aggregator=None)
    lower = fields.Float(readonly=True, digits=0, aggregator=None)
    upper = fields.Float(readonly=True, digits=0, aggregator=None)
    is_certain = fields.Boolean(
        string="Has an Interval", readonly=True, help="Each arm has its minimum sample."
    )

    _day_unique = models.Constraint(
        "UNIQUE (arm_id, measure, date)", "An arm is looked at once a day."
    )

    @api.model
    def _keep(self, experiment, day, sums, estimates):
        """Keep what was seen on a day; seen again, it takes the place of what was there.

        :param dict sums: ``{(arm id, measure): Moments}``
        :param dict estimates: ``{measure: [Estimate or None, in the order of the arms]}``
        """
        rows = []
        for measure, found in estimates.items():
            for arm, seen in zip(experiment.arm_ids, found, strict=True):
                moments = sums.get((arm.id, measure))
                certain = bool(seen and seen.lower is not None)
                rows.append(
                    (
                        arm.id, measure, moments.count if moments else 0,
                        moments.mean if moments else None, seen and seen.difference,
                        seen.lower if certain else None, seen.upper if certain else None, certain,
                    )
                )  # fmt: skip
        names = ("arm_id", "measure", "debtor_count", "mean", "difference", "lower", "upper",
                 "is_certain")  # fmt: skip
        columns = SQL(", ").join(map(SQL.identifier, names))
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO collections_experiment_look
                       (experiment_id, company_id, date, %(columns)s,
                        create_uid, create_date, write_uid, write_date)
                SELECT %(experiment)s, %(company)s, %(day)s, %(columns)s,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM (VALUES %(rows)s) AS seen (%(columns)s)
           ON CONFLICT (arm_id, measure, date) DO UPDATE SET %(updates)s
                """,
                columns=columns,
                experiment=experiment.id,
                company=experiment.company_id.id,
                day=day,
                uid=self.env.uid,
                now=self.env.cr.now().replace(microsecond=0),
                rows=SQL(", ").join(
                    SQL("(%s, %s, %s, %s::float8, %s::float8, %s::float8, %s::float8, %s)", *row)
                    for row in rows
                ),
                updates=SQL(", ").join(
                    SQL("%s = EXCLUDED.%s", *[SQL.identifier(name)] * 2) for name in names[2:]
                ),
            )
        )
        self.invalidate_model()
        experiment.invalidate_recordset(["look_ids"])
