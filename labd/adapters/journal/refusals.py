"""What a database says no with, in words that a person can act on."""

from __future__ import annotations

from labd.domain.errors import JournalError

_HINTS = (
    (("is full", "No space left"), "The disk is full: make room, and labd goes on by itself."),
    (("locked", "lock timeout"), "Something else has the database open: close it."),
    (("readonly", "read-only", "unable to open", "Permission denied"), "Check the directory and its permissions."),
    (("malformed", "not a database"), "The file is damaged: restore it from a backup."),
    (
        ("Connect", "connection", "No such file"),
        "The database cannot be reached: see that it runs, and at that address.",
    ),
)


def refusal(error: Exception, where: str) -> JournalError:
    """The error as a `JournalError`; `where` is the database's URL without its password."""
    said = str(getattr(error, "orig", None) or error)
    hint = next((hint for words, hint in _HINTS if any(word in said for word in words)), "Nothing was written.")
    return JournalError(f"The journal at {where} cannot be used: {said}.", hint)
