"""The addresses that mails and rooms name. A test matches each to the URL map; none is ever built from a request's Host header."""

HOME = "/"
SIGN_IN = "/sign-in"
LINK = "/in/{token}"
STAFF_LINK = "/console/in/{token}"
AUDIT = "/console/audit"
STAFF_CASE = "/console/cases/{case}"
HELP = "/help"
PHONE = "/phone"
CALL = "/call"
ADDRESS = "/address/{token}"
CONFIRM_CHOICE = "/confirm/{token}"
REQUEST = "/requests/{case}"
FOR_YOU = "/for-you/{case}"
HISTORY = "/preferences/history"
STOP_ERASURE = "/erase/stop/{token}"
ERASURE_RESULT = "/erase/result/{token}"
PREFERENCES_LINK = "/p/{token}"
ONE_CLICK = "/u/{token}"
UNDO_STOP = "/undo/{token}"
TASK = "/t/{token}"


def address(base: str, path: str, **values: str) -> str:
    """The whole address of `path` below a company's configured `url`."""
    return base.rstrip("/") + path.format(**values)
