from . import (
    account_move_line,
    collections_report,
    collections_report_base,
    collections_report_aging,
    collections_report_aging_entries,
    collections_report_aging_items,
)
