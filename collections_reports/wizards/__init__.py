from . import base_partner_merge, collections_open_export
