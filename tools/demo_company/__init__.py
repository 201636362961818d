"""A demo company in Odoo: debtors, invoices, payments and users, made through Odoo itself.

`python -m tools.demo_company --database demo` fills an installed database. What
happens is decided in `plan.py`, which knows no Odoo; the other rooms carry it out.
"""
