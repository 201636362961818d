# ruff: noqa: I001  (what others inherit comes first)
from . import collections_report_base
from . import (
    collections_provision,
    collections_provision_flow,
    collections_provision_forward,
    collections_provision_line,
    collections_provision_movement,
    collections_provision_rate,
    collections_provision_tax_band,
    collections_provision_tax_rule,
    account_move_line,
    collections_report,
    collections_report_aging,
    collections_report_aging_entries,
    collections_report_aging_items,
    collections_report_losses,
    collections_report_provision,
    collections_report_provision_tax,
    collections_report_xlsx,
)
