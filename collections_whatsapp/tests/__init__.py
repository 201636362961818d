from . import test_engine_sending, test_engine_webhook
