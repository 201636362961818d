from . import collections_sms
