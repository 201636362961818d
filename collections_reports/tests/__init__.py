from . import (
    test_aging,
    test_engine_aging,
    test_engine_documents,
    test_xlsx,
)
