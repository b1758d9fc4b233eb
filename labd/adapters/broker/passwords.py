"""Passwords as mosquitto keeps them: `user:$7$iterations$salt$hash`, PBKDF2 with HMAC-SHA-512.

Made here rather than by `mosquitto_passwd`, which the machine that makes the files need not have, and which takes the
password on its command line.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

ITERATIONS = 101
"""mosquitto's own number. More would slow down only the broker: it works one out at each connect, in its one thread,
and nobody guesses 192 bits."""
SALT_BYTES = 12
HASH_BYTES = 64
PASSWORD_BYTES = 24


def new_password() -> str:
    """192 bits of chance, as text without signs that a URL or a file would have to quote."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


def hashed(password: str, salt: bytes | None = None, iterations: int = ITERATIONS) -> str:
    """What mosquitto keeps of a password; the salt is drawn unless it is given.

    >>> hashed("one", bytes(12))[:25]
    '$7$101$AAAAAAAAAAAAAAAA$c'
    """
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations, HASH_BYTES)
    return f"$7${iterations}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def fits(password: str, kept: str) -> bool:
    """Whether that is what mosquitto would keep of the password."""
    try:
        _, kind, iterations, salt, _ = kept.split("$")
        again = hashed(password, base64.b64decode(salt), int(iterations))
    except ValueError:
        return False
    return kind == "7" and hmac.compare_digest(again, kept)


def read_password_file(text: str) -> dict[str, str]:
    """What is kept, by user."""
    pairs = (line.partition(":") for line in text.splitlines() if ":" in line)
    return {user: kept for user, _, kept in pairs}


def password_file(kept: dict[str, str]) -> str:
    """The file's text, in the order of the names: the same again is the same file."""
    return "".join(f"{user}:{kept[user]}\n" for user in sorted(kept))
