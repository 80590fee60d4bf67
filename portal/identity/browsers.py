"""Names of browsers, from a fixed vocabulary. Must never let a word that a browser sent reach a page, a mail or the database."""

from portal.core.i18n import _

# The first that fits counts: many browsers also carry the names of those they descend from.
_BROWSERS = (
    ("Edg", "edge", "Edge"),
    ("OPR/", "opera", "Opera"),
    ("SamsungBrowser/", "samsung", "Samsung Internet"),
    ("Firefox/", "firefox", "Firefox"),
    ("FxiOS/", "firefox", "Firefox"),
    ("CriOS/", "chrome", "Chrome"),
    ("Chrome/", "chrome", "Chrome"),
    ("Safari/", "safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "android", "Android"),
    ("iPhone", "iphone", "iPhone"),
    ("iPad", "ipad", "iPad"),
    ("CrOS", "chromeos", "ChromeOS"),
    ("Windows", "windows", "Windows"),
    ("Macintosh", "macos", "macOS"),
    ("Linux", "linux", "Linux"),
)
_NAMES = {key: name for _ignored, key, name in (*_BROWSERS, *_SYSTEMS)}
LONGEST_READ = 400
UNKNOWN = "unknown.unknown"


def browser_of(user_agent: str | None) -> str:
    """What a User-Agent header says, as two words of the vocabulary: `firefox.android`."""
    said = (user_agent or "")[:LONGEST_READ]
    browser = next((key for sign, key, _ignored in _BROWSERS if sign in said), "unknown")
    system = next((key for sign, key, _ignored in _SYSTEMS if sign in said), "unknown")
    return f"{browser}.{system}"


def browser_words(browser: str) -> str:
    """`Firefox on Android`, in the language in force; whatever is not of the vocabulary is a browser that we do not know."""
    first, _ignored, second = browser.partition(".")
    name, system = _NAMES.get(first), _NAMES.get(second)
    if name and system:
        return _("%(browser)s on %(system)s", browser=name, system=system)
    if name:
        return name
    return _("a browser on %(system)s", system=system) if system else _("a browser that we do not know")
