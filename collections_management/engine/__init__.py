"""Pure decisions of collections: plain Python, no Odoo, no clock, no network.

Models gather facts, these modules decide, models apply.
"""
