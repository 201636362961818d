from . import base_automation, collections_automation_firing, collections_event
