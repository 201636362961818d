"""What the reports leave in the database beyond tables, and uninstalling takes back."""

from odoo.tools import SQL

from .models.collections_open_base import SCHEMA


def uninstall_hook(env):
    """Drop the open data: its views read columns that are about to go."""
    env.cr.execute(SQL("DROP SCHEMA IF EXISTS %s CASCADE", SQL.identifier(SCHEMA)))
