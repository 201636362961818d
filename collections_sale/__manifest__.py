{
    "name": "Collections Sale",
    "summary": "Sales orders of debtors on credit hold: warned about, or blocked until released",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "website": "https://github.com/odoo-collections/odoo-collections",
    "author": "Odoo Collections",
    "license": "LGPL-3",
    "depends": ["collections_management", "sale"],
    "auto_install": True,
    "data": [
        "security/ir.model.access.csv",
        "views/sale_order_views.xml",
        "views/collections_credit_views.xml",
        "views/res_config_settings_views.xml",
    ],
}
