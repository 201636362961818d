from . import (
    base_partner_merge,
    collections_contact_edit,
    collections_contact_reroute,
    collections_contact_rule_try,
    collections_log_erase,
    collections_statement_wizard,
    collections_preview,
    collections_preview_line,
    collections_preview_screen,
)
