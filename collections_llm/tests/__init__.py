from . import test_engine_proposal, test_llm, test_llm_access
