"""What the collections addons cost at size, and what they do on a real ledger."""
