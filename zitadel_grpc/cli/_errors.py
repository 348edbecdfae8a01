"""What ends a command with one line for its user."""


class CommandError(Exception):
    """The text names what is wrong and the mend."""
