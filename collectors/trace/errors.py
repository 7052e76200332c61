"""The error that a user can mend, with the command that mends it."""


class EcoError(Exception):
    """Something the user can fix.

    Parameters
    ----------
    message
        What is wrong, in one line.
    hint
        What to do about it: a command to run, or a path to check.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
