from odoo import Command, api, models


class MailActivityPlan(models.Model):
    _inherit = "mail.activity.plan"

    @api.constrains("res_model")
    def _check_collections_responsibles(self):
        """A plan of another model has no collector and no supervisor."""
        self.template_ids._check_collections_responsibles()

    def write(self, vals):
        """A plan cannot be written out of reach: onto another model, or another company."""
        ours = self.filtered(lambda plan: plan.res_model == "collections.case")
        result = super().write(vals)
        if {"res_model", "res_model_id", "company_id"} & set(vals):
            ours.check_access("write")
        return result

    @api.model
    def _load_collections_plans(self):
        """Deliver the plans most companies want, once; they are theirs from then on.

        Odoo does not translate plans, so they are written in the language of the company.
        """
        lang = self.env.company.partner_id.lang or self.env.lang
        values = self.with_context(lang=lang)._prepare_collections_plans_vals()
        self._load_records(
            [
                {
                    "xml_id": f"collections_management.mail_activity_plan_{name}",
                    "values": {"res_model": "collections.case", "company_id": False, **vals},
                    "noupdate": True,
                }
                for name, vals in values.items()
            ],
            update=True,
        )

    @api.model
    def _prepare_collections_plans_vals(self):
        """Extension point: ``{name of the record: values}`` of the delivered plans."""
        return {
            "legal": {
                "name": self.env._("Before legal action"),
                "template_ids": self._prepare_steps(
                    (0, "todo", "collector", self.env._("Check invoices, deliveries and contract")),
                    (2, "call", "collector", self.env._("Call the owner or the manager in person")),
                    (5, "todo", "supervisor", self.env._("Send the formal notice")),
                    (15, "todo", "supervisor", self.env._("Decide: agreement, legal or write-off")),
                ),
            },
            "find": {
                "name": self.env._("Find the debtor"),
                "template_ids": self._prepare_steps(
                    (0, "todo", "collector", self.env._("Look for other phones and e-mails")),
                    (1, "call", "collector", self.env._("Ask the salesperson who decides there")),
                    (4, "todo", "collector", self.env._("Visit the address on the invoice")),
                ),
            },
        }

    @api.model
    def _prepare_steps(self, *steps):
        """Return the commands that create steps: (days after, activity type, who, summary)."""
        return [
            Command.create(
                {
                    "sequence": number,
                    "activity_type_id": self.env.ref(f"mail.mail_activity_data_{kind}").id,
                    "summary": summary,
                    "responsible_type": f"collections_{who}",
                    "delay_count": days,
                    "delay_from": "after_plan_date",
                }
            )
            for number, (days, kind, who, summary) in enumerate(steps, 1)
        ]
