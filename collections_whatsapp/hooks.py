"""What WhatsApp leaves in the database, and uninstalling takes back."""


def uninstall_hook(env):
    """Delete what Odoo keeps about our records in tables of its own."""
    names = ["collections.whatsapp.account", "collections.whatsapp.template"]
    for model, field in (
        ("mail.activity", "res_model"),
        ("mail.followers", "res_model"),
        ("mail.message", "model"),
        ("ir.attachment", "res_model"),
    ):
        env[model].with_context(active_test=False).search([(field, "in", names)]).unlink()
