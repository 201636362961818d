from . import collections_pay_link_revoke
