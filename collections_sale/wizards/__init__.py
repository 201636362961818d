from . import collections_credit_ask
