"""The error that the scripts show as one message."""


class ProtosError(Exception):
    """A problem that the user of the scripts can fix. The message says what is wrong and how to fix it."""
