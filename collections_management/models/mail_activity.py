from odoo import api, models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        """A task that is done is a contact that was made."""
        contacts = (
            self.env["collections.contact"].sudo().search([("activity_id", "in", self.ids)])
            if "collections.case" in self.mapped("res_model")
            else self.env["collections.contact"]
        )
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        contacts._receive_status("delivered")
        return result

    @api.model
    def _put_on_desks(self, vals_list):
        """Create the tasks that say: this case needs you; the people find them in their list and
        counter, an e-mail for each of a thousand would help nobody.

        :param vals_list: ``res_id`` (the case), ``summary``, ``note``, ``user_id``,
            ``date_deadline``
        """
        tasks = self.sudo().with_context(mail_activity_quick_update=True)
        # each task is named after its case, one by one: read once here
        tasks.env["collections.case"].browse({vals["res_id"] for vals in vals_list}).mapped(
            "display_name"
        )
        common = {
            "res_model_id": tasks.env["ir.model"]._get_id("collections.case"),
            "activity_type_id": tasks.env.ref(
                "collections_management.mail_activity_type_contact"
            ).id,
        }
        return tasks.create([common | vals for vals in vals_list])
