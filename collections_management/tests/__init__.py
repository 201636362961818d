from . import (
    test_bad_input,
    test_contact_rule,
    test_engine_calendar,
    test_engine_chain,
    test_engine_ladder,
    test_engine_places,
    test_letters,
    test_log,
    test_run,
    test_security,
    test_templates,
)
