"""How a failure is named without repeating what failed on. Must never carry a driver's message: those hold values."""

import hashlib
import traceback


class PortalError(Exception):
    """The base of every error that the product itself raises; its text never holds personal data."""


def fingerprint(error: BaseException) -> str:
    """Class of the error and a short digest of where it arose: equal for equal faults, free of values.

    Example: `OperationalError-5f3a90c1`.
    """
    frames = traceback.extract_tb(error.__traceback__)
    places = "|".join(f"{frame.name}:{frame.lineno}" for frame in frames[-6:])
    return f"{type(error).__name__}-{hashlib.sha256(places.encode()).hexdigest()[:8]}"
