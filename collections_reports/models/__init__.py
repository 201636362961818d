# ruff: noqa: I001  (what others inherit comes first)
from . import collections_report_base
from . import (
    account_move_line,
    collections_fact,
    collections_fact_night,
    collections_fact_past,
    collections_fact_rebuild,
    collections_kpi,
    collections_kpi_ledger,
    collections_kpi_promise,
    collections_kpi_contact,
    collections_kpi_target,
    collections_kpi_series,
    collections_report,
    collections_report_aging,
    collections_report_aging_entries,
    collections_report_aging_items,
    collections_report_kpi,
    collections_report_kpi_drill,
    collections_report_kpi_words,
    collections_report_xlsx,
    collections_run,
)
