"""What is said where the book cannot be printed or packed here."""


class Unavailable(RuntimeError):
    """A tool is not there; the message is one line that names it and how to get it."""
