from . import (
    test_engine_sending,
    test_engine_webhook,
    test_inbox,
    test_sending,
    test_template,
    test_tour,
    test_webhook,
)
