from . import (
    base_partner_merge,
    collections_contact_edit,
    collections_contact_reroute,
    collections_contact_rule_try,
    collections_go_live,
    collections_health,
    collections_health_line,
    collections_health_words,
    collections_log_erase,
    collections_onboarding,
    collections_preview,
    collections_preview_line,
    collections_preview_screen,
    collections_state_import,
    collections_state_import_level,
    collections_statement_wizard,
)
from . import collections_broadcast, collections_reassign
