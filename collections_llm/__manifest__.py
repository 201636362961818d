{
    "name": "Collections Language Model",
    "summary": "A language model proposes what an unclear message means; the debtor confirms",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "website": "https://github.com/odoo-collections/odoo-collections",
    "author": "Odoo Collections",
    "license": "LGPL-3",
    "depends": ["collections_management"],
    "data": [
        "security/ir.model.access.csv",
        "security/collections_llm_security.xml",
        "views/collections_llm_call_views.xml",
        "views/res_config_settings_views.xml",
    ],
}
