"""The error that the scripts show as one message."""


class ProtosError(Exception):
    """Something that the person who runs the scripts can mend; the message says what and how."""
