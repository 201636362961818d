{
    "name": "Collections Reports",
    "summary": "Aging as of any day, DSO, CEI, recovery by channel, provisions and dashboards",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "website": "https://github.com/odoo-collections/odoo-collections",
    "author": "Odoo Collections",
    "license": "LGPL-3",
    "depends": ["collections_management", "spreadsheet_dashboard"],
    "external_dependencies": {"python": ["xlsxwriter"]},
    "data": [
        "security/ir.model.access.csv",
        "security/collections_provision_security.xml",
        "views/collections_provision_views.xml",
        "views/collections_report_views.xml",
        "views/collections_reports_menus.xml",
    ],
    "assets": {
        "web.assets_backend": ["collections_reports/static/src/**/*"],
        "web.assets_tests": ["collections_reports/static/tests/tours/**/*"],
        "web.assets_unit_tests": ["collections_reports/static/tests/*.test.js"],
    },
}
