"""What reports and random comparisons leave in the database, and uninstalling takes back."""


def uninstall_hook(env):
    """Delete what Odoo keeps about our records in tables of its own. Of who was left alone nothing
    stays: his hold was read from the comparison, and goes with it."""
    names = ["collections.experiment"]
    for model, field in (
        ("mail.activity", "res_model"),
        ("mail.followers", "res_model"),
        ("mail.message", "model"),
    ):
        env[model].with_context(active_test=False).search([(field, "in", names)]).unlink()
