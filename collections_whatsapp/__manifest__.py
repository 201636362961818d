{
    "name": "Collections WhatsApp",
    "summary": "Reminders and conversations by the WhatsApp Business Cloud API",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "website": "https://github.com/odoo-collections/odoo-collections",
    "author": "Odoo Collections",
    "license": "LGPL-3",
    "depends": ["collections_management"],
    "uninstall_hook": "uninstall_hook",
    "data": [],
}
