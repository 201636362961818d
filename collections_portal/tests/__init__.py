from . import (
    test_engine,
    test_pay_link,
    test_pay_link_page,
    test_pay_link_payment,
    test_tours,
)
