from . import (
    test_aging,
    test_engine_aging,
    test_engine_documents,
    test_engine_kpi,
    test_fact,
    test_kpi,
    test_kpi_activity,
    test_report_kpi,
    test_report_tours,
    test_web,
    test_xlsx,
)
