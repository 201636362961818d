from . import (
    collections_report,
    collections_report_base,
)
