from . import test_engine_aging
