"""The one error a person is meant to read."""


class HouseError(Exception):
    """Something is missing or wrong; the message is one sentence that says what to do."""
