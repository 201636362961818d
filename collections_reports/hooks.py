def post_init_hook(env):
    """Begin to rebuild the history of the companies that collect."""
    companies = env["res.company"].search([("collections_active", "=", True)])
    env["collections.fact.rebuild"]._start(companies)
