from . import test_engine_outcome, test_snailmail
