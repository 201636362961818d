{
    "name": "Collections Automation",
    "summary": "Automation rules that act on what happens in collections, the night's run included",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "website": "https://github.com/odoo-collections/odoo-collections",
    "author": "Odoo Collections",
    "license": "LGPL-3",
    "depends": ["collections_management", "base_automation"],
    "auto_install": True,
    "data": [
        "security/ir.model.access.csv",
        "security/collections_automation_security.xml",
        "data/ir_cron_data.xml",
        "data/base_automation_data.xml",
        "views/base_automation_views.xml",
        "views/collections_automation_firing_views.xml",
        "views/collections_automation_menus.xml",
    ],
    "assets": {
        "web.assets_backend": ["collections_automation/static/src/**/*"],
        "web.assets_tests": ["collections_automation/static/tests/tours/**/*"],
    },
}
