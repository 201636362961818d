from . import collections_pay_link
