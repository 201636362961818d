from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL


class CollectionsContact(models.Model):
    """The text that is tried with a debtor, in a random comparison."""

    _inherit = "collections.contact"

    tried_template_id = fields.Many2one("mail.template", compute="_compute_tried_template_id")

    # reports read the contacts of a period: by when they left, or were to be made
    _moment_idx = models.Index("(company_id, COALESCE(sent_on, scheduled_on))")

    @api.model
    def _get_period_sql(self, first, last):
        """Return the condition on a ``contact`` and the ``clock`` of its company, as SQL, that it
        left, or was to be made, between two days, both included.

        An index finds the moments. The days are told by a CASE and not as a range beside theirs:
        the database would expect far fewer contacts, and read what belongs to them one by one.
        """
        return SQL(
            """
            coalesce(contact.sent_on, contact.scheduled_on) BETWEEN %(after)s AND %(before)s
            AND CASE WHEN (coalesce(contact.sent_on, contact.scheduled_on)
                           AT TIME ZONE 'UTC' AT TIME ZONE clock.zone)::date
                          BETWEEN %(first)s AND %(last)s THEN TRUE ELSE FALSE END
            """,
            after=first - timedelta(days=1),
            before=last + timedelta(days=2),
            first=first,
            last=last,
        )

    @api.depends("case_id", "step_id")
    def _compute_tried_template_id(self):
        self.env["collections.experiment.assignment"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT contact.id, tried.template_id
                  FROM collections_contact contact
                  JOIN LATERAL (SELECT arm.step_id, arm.template_id %s) tried
                    ON tried.step_id = contact.step_id
                 WHERE contact.id = ANY(%s)
                """,
                self.env["collections.experiment.assignment"]._get_arm_sql(
                    "template", SQL("contact.case_id")
                ),
                self.ids,
            )
        )
        found = dict(rows)
        for contact in self:
            contact.tried_template_id = found.get(contact.id, False)

    def _get_template(self):
        text, tried = super()._get_template(), self.sudo().tried_template_id
        return tried if tried and tried.collections_tone == text.collections_tone else text
