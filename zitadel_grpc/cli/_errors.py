"""The error that ends a command."""


class CommandError(Exception):
    """Printed as one line without a traceback: what is wrong, then the fix."""
