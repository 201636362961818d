{
    "name": "Collections Portal",
    "summary": "A short link in every message: what is owed now, and pay, without a login",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "website": "https://github.com/odoo-collections/odoo-collections",
    "author": "Odoo Collections",
    "license": "LGPL-3",
    "depends": ["collections_management", "account_payment", "portal"],
    "data": [
        "security/ir.model.access.csv",
        "security/collections_pay_link_security.xml",
        "data/collections_event_data.xml",
        "wizards/collections_pay_link_revoke_views.xml",
        "views/collections_pay_link_views.xml",
        "views/collections_pay_link_templates.xml",
        "views/collections_case_views.xml",
        "views/collections_contact_views.xml",
        "views/res_config_settings_views.xml",
    ],
    "assets": {
        "web.assets_tests": ["collections_portal/static/tests/tours/**/*"],
    },
}
