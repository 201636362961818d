from . import (
    test_aging,
    test_engine_aging,
    test_engine_documents,
    test_report_tours,
    test_web,
    test_xlsx,
)
