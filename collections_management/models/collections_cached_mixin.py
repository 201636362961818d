from odoo import api, models


class CollectionsCachedMixin(models.AbstractModel):
    """What is asked so often that it is kept in memory: any change of it is seen at once."""

    _name = "collections.cached.mixin"
    _description = "Kept in Memory"

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        self.env.registry.clear_cache()
        return records

    def write(self, vals):
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result
