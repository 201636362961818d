{
    "name": "Collections Snailmail",
    "summary": "Letters to debtors, printed and posted by Odoo's snailmail",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "website": "https://github.com/odoo-collections/odoo-collections",
    "author": "Odoo Collections",
    "license": "LGPL-3",
    "depends": ["collections_management", "snailmail"],
    "auto_install": True,
    "data": [
        "security/ir.model.access.csv",
        "security/snailmail_letter_security.xml",
        "wizards/collections_snailmail_post_views.xml",
        "views/collections_contact_views.xml",
        "views/collections_letter_batch_views.xml",
        "views/res_config_settings_views.xml",
    ],
}
