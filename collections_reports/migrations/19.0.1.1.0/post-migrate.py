from odoo import SUPERUSER_ID, api


def migrate(cr, version):  # noqa: ARG001  (the signature Odoo calls)
    """Add up the history of companies that have one: trends read its totals since 19.0.1.1.0."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    rebuilds = env["collections.fact.rebuild"].search([("state", "=", "done")])
    for company in rebuilds.company_id:
        env["collections.fact.total"]._add_up(company)
