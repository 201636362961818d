from odoo import api, fields, models


class MailTemplate(models.Model):
    """A text to debtors that says what it should not is told so; it is not refused."""

    _inherit = "mail.template"

    collections_wording = fields.Text(
        string="Should Not Be Said", compute="_compute_collections_wording"
    )

    @api.depends("subject", "body_html", "model_id")
    @api.depends_context("lang")
    def _compute_collections_wording(self):
        for template in self:
            template.collections_wording = "\n".join(template._get_wording_faults()) or False

    def _get_wording_faults(self):
        """Return what is wrong in the words of a text to debtors, in each of its languages."""
        self.ensure_one()
        if not (self.model or "").startswith("collections."):
            return []
        words = self.env["collections.forbidden.word"]
        sentences = {}
        for lang, _name in self.env["res.lang"].get_installed():
            text = self.with_context(lang=lang)
            for hit in words._find(f"{text.subject or ''} . {text.body_html or ''}", lang):
                sentences.setdefault(hit["sentence"])
        return list(sentences)
