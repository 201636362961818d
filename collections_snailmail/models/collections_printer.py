from odoo import models


class CollectionsPrinter(models.AbstractModel):
    """Snailmail takes A4 only, whatever paper the company has in its own trays."""

    _inherit = "collections.printer"

    def _get_paper(self, company):
        if self.env.context.get("collections_snailmail"):
            return "A4"
        return super()._get_paper(company)
