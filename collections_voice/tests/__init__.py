from . import (
    test_contract,
    test_engine_menu,
    test_engine_provider,
    test_engine_speech,
    test_engine_tries,
    test_voice,
    test_voice_access,
    test_voice_call,
)
