from . import (
    collections_provision,
    collections_provision_flow,
    collections_provision_forward,
    collections_provision_line,
    collections_provision_rate,
    collections_report,
    collections_report_base,
)
