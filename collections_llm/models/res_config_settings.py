from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    collections_llm_active = fields.Boolean(
        related="company_id.collections_llm_active", readonly=False
    )
    collections_llm_url = fields.Char(related="company_id.collections_llm_url", readonly=False)
    collections_llm_key = fields.Char(related="company_id.collections_llm_key", readonly=False)
    collections_llm_model = fields.Char(related="company_id.collections_llm_model", readonly=False)
    collections_llm_seconds = fields.Integer(
        related="company_id.collections_llm_seconds", readonly=False
    )
    collections_llm_cap = fields.Integer(related="company_id.collections_llm_cap", readonly=False)
    collections_llm_confidence = fields.Float(
        related="company_id.collections_llm_confidence", readonly=False
    )
