"""What sending text messages leaves in the database, and uninstalling takes back."""


def uninstall_hook(env):
    """Delete the texts that speak for collections; what they said stays in the log."""
    env["sms.template"].search([("model", "=", "collections.contact")]).unlink()
