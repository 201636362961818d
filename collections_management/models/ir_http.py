from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Tell the client which of the user's companies are in safe mode."""
        info = super().session_info()
        user = self.env.user
        if user._is_internal() and (
            user.has_group("collections_management.collections_management_group_collector")
            or user.has_group("collections_management.collections_management_group_auditor")
        ):
            companies = user.company_ids.filtered("collections_safe_mode")
            info["collections_safe_mode"] = {
                company.id: company.collections_test_email or "" for company in companies
            }
        return info
