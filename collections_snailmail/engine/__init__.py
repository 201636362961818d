"""Pure decisions of snailmail: plain Python, no Odoo, no clock, no network."""
