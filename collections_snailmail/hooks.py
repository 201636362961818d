"""What posting letters leaves in the database, and uninstalling takes back."""


def uninstall_hook(env):
    """Delete debtors' letters: without our record rules every employee would read them.

    What they said stays in the log; letters that wait to be handed over wait for the printer again.
    """
    letters = env["snailmail.letter"].search([("model", "=", "collections.case")])
    contacts = env["collections.contact"].search([("snailmail_letter_id", "!=", False)])
    contacts.write({"snailmail_letter_id": False})
    env["ir.attachment"].search(
        [("res_model", "=", letters._name), ("res_id", "in", letters.ids)]
    ).unlink()
    letters.unlink()
    env["ir.attachment"].search(
        [("res_model", "=", contacts._name), ("res_field", "=", "snailmail_pdf")]
    ).unlink()
