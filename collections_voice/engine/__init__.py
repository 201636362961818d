"""Pure decisions of automated calls: plain Python, no Odoo, no clock, no network."""
