"""The errors that labd raises on purpose.

    LabError(message, hint)         something a person can act on
    ├── InvalidInput                a file, a request or a value is wrong      (exit code 2, HTTP 422)
    ├── NotFound                    no such campaign, trial, instrument        (exit code 4, HTTP 404)
    ├── TransitionError             not possible in the present state          (exit code 5, HTTP 409)
    ├── Unavailable                 a part that is needed does not answer      (exit code 6, HTTP 503)
    └── JournalError                the journal cannot be read or written      (exit code 7, HTTP 500)

What an instrument reports is data (`labd.domain.command.Outcome`), never an exception.
"""


class LabError(Exception):
    """Something that a person can act on: `message` says what is wrong, `hint` what to do."""

    exit_code = 1
    http_status = 500

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class InvalidInput(LabError):
    """A file, a request or a value is wrong."""

    exit_code = 2
    http_status = 422


class NotFound(LabError):
    """There is no such thing."""

    exit_code = 4
    http_status = 404


class TransitionError(LabError):
    """What was asked for is not possible in the present state."""

    exit_code = 5
    http_status = 409


class Unavailable(LabError):
    """A part that is needed does not answer."""

    exit_code = 6
    http_status = 503


class JournalError(LabError):
    """The journal cannot be read or written: nothing may go on without it."""

    exit_code = 7
    http_status = 500
