"""What installing and working leave in the database beyond tables, and uninstalling takes back."""

from odoo.tools import SQL

ADDON = "collections_management"
FUNCTIONS = (
    "collections_log_refuse",
    "collections_log_content_refuse",
    "collections_log_refuse_head",
)


def uninstall_hook(env):
    """Leave Odoo as it was, whatever the addon has done meanwhile."""
    own = [model for model in env.values() if model._original_module == ADDON]
    for name in FUNCTIONS:  # with the triggers that call them: the log may go now
        env.cr.execute(SQL("DROP FUNCTION IF EXISTS %s CASCADE", SQL.identifier(name)))
    _drop_references(env, [model._table for model in own])
    _unlink_around(env, [model._name for model in own])
    _forget_names(env, [model._table for model in own])
    env["ir.config_parameter"].search([("key", "=like", f"{ADDON}.%")]).unlink()


def _drop_references(env, tables):
    """Drop the foreign keys of our tables: strategies and channels are deleted before what refers
    to them, all of it in this transaction."""
    rows = env.execute_query(
        SQL(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint"
            " WHERE contype = 'f' AND (conrelid::regclass::text = ANY(%(tables)s)"
            "   OR conrelid::regclass::text LIKE 'collections\\_%%')",
            tables=tables,
        )
    )
    for table, name in rows:
        env.cr.execute(
            SQL("ALTER TABLE %s DROP CONSTRAINT %s", SQL.identifier(table), SQL.identifier(name))
        )


def _unlink_around(env, models):
    """Delete messages, activities, followers and attachments of our records."""
    for model, field in (
        ("mail.activity", "res_model"),
        ("mail.followers", "res_model"),
        ("mail.message", "model"),
        ("ir.attachment", "res_model"),
    ):
        env[model].with_context(active_test=False).search([(field, "in", models)]).unlink()


def _forget_names(env, tables):
    """Odoo names the selections and inheritances that `mail` and others give our models in the
    name of those addons, and leaves the names when the models go."""
    for table in tables:
        env.cr.execute(
            SQL(
                "DELETE FROM ir_model_data WHERE module <> %s"
                " AND model IN ('ir.model.fields.selection', 'ir.model.inherit')"
                " AND (starts_with(name, %s) OR starts_with(name, %s))",
                ADDON,
                f"selection__{table}__",
                f"model_inherit__{table}__",
            )
        )
