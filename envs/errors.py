"""The error for an argument that is refused, and that for a task that is not registered."""


class ArgumentError(ValueError, TypeError):
    """An argument is unknown, of the wrong kind, or out of range; its message says what is allowed.

    It is a ValueError and a TypeError at once: clients that try a keyword and catch TypeError, as Python's
    own functions raise it, go on, and so does whoever catches ValueError.
    """


class UnknownTaskError(ArgumentError):
    """No task of that name is registered in this process."""
