import unittest

from ..engine import aging


class TestEngineAging(unittest.TestCase):
    """Buckets: read, refused with the reason, and every age in exactly one."""

    def test_ends_are_read_as_people_write_them(self):
        self.assertEqual(aging.read_ends("30, 60;90 ,"), (30, 60, 90))
        self.assertEqual(aging.read_ends("7"), (7,))

    def test_what_cannot_be_read_says_why(self):
        for text, code in (
            ("", "none"),
            (" , ;", "none"),
            ("30,x", "not_number"),
            ("30,²", "not_number"),
            ("30,30", "not_rising"),
            ("60,30", "not_rising"),
            ("0,30", "not_positive"),
            ("-5", "not_positive"),
            ("99999", "too_long"),
            (",".join(str(n) for n in range(1, 14)), "too_many"),
        ):
            with self.assertRaises(aging.BucketError) as caught:
                aging.read_ends(text)
            self.assertEqual(caught.exception.code, code, text)

    def test_every_age_has_one_bucket(self):
        for basis in ("due", "invoice"):
            buckets = aging.make_buckets((30, 60, 90), basis)
            for age in range(-400, 400):
                fits = [
                    bucket
                    for bucket in buckets
                    if (bucket.first is None or age >= bucket.first)
                    and (bucket.last is None or age <= bucket.last)
                ]
                self.assertEqual(fits, [aging.find(buckets, age)])

    def test_bounds(self):
        buckets = aging.make_buckets((30, 60))
        names = [aging.find(buckets, age).name for age in (0, 1, 30, 31, 60, 61, 4000)]
        self.assertEqual(names, ["not_due", "age_1", "age_1", "age_2", "age_2", "over", "over"])
        self.assertEqual(aging.find(aging.make_buckets((30,), "invoice"), 0).name, "age_1")
