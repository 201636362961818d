"""What the reports begin when installed, and what uninstalling has to take back."""

from odoo.tools import SQL

from .models.collections_open_base import SCHEMA


def post_init_hook(env):
    """Begin to rebuild the history of the companies that collect."""
    companies = env["res.company"].search([("collections_active", "=", True)])
    env["collections.fact.rebuild"]._start(companies)


def uninstall_hook(env):
    """Delete what is not in tables of our own.

    What Odoo keeps about random comparisons and scheduled mails in its tables: of who was left
    alone nothing stays, his hold was read from the comparison and goes with it. And the open data,
    whose views read columns that are about to go.
    """
    names = ["collections.experiment", "collections.report.schedule"]
    for model, field in (
        ("mail.activity", "res_model"),
        ("mail.followers", "res_model"),
        ("mail.message", "model"),
    ):
        env[model].with_context(active_test=False).search([(field, "in", names)]).unlink()
    env.cr.execute(SQL("DROP SCHEMA IF EXISTS %s CASCADE", SQL.identifier(SCHEMA)))
