"""Why a file was not taken, and what a file is, in plain words: the same for customers and staff."""

from portal.cases.attaching import FileEmpty, FileRefused, FileTooLarge, TooManyFiles, TooManyFilesToday
from portal.core.i18n import _, format_names, format_number
from portal.core.uploads import LARGEST_FILE, MOST_FILES


def what_may_be_sent() -> str:
    """Said beside the field."""
    return _(
        "PDF, PNG, JPEG or plain text, at most %(count)s files of %(size)s MB each.",
        count=format_number(MOST_FILES),
        size=format_number(LARGEST_FILE // 1024**2),
    )


def why_refused(refusal: FileRefused) -> str:
    """What is wrong with it, and that it has to be chosen anew: a browser forgets what was chosen."""
    return f"{_why(refusal)} {choose_again()}"


def choose_again() -> str:
    """Said where a form comes back: the words in it are kept, the files are not."""
    return _("Nothing was sent. Your words are still here; choose the files once more.")


def _why(refusal: FileRefused) -> str:
    name = format_names([refusal.name])
    if isinstance(refusal, TooManyFiles):
        return _("At most %(count)s files go with one message.", count=format_number(MOST_FILES))
    if isinstance(refusal, TooManyFilesToday):
        return _("Many files were sent today. The next ones can be sent tomorrow.")
    if isinstance(refusal, FileTooLarge):
        return _("“%(name)s” is larger than %(size)s MB.", name=name, size=format_number(LARGEST_FILE // 1024**2))
    if isinstance(refusal, FileEmpty):
        return _("There is nothing in “%(name)s”.", name=name)
    return _("“%(name)s” is no PDF, PNG, JPEG or plain text, or it is not what its name says.", name=name)
