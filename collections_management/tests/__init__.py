from . import test_contact_rule, test_engine_calendar, test_engine_places
from . import test_run
from . import test_engine_chain, test_log
