"""What can go wrong, told to a person."""


class DemoError(Exception):
    """Ends the command with a message."""
