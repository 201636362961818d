from . import (
    test_contract,
    test_engine_outcome,
    test_engine_segments,
    test_sms,
    test_sms_inbound,
)
