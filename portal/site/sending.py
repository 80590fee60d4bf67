"""Words and files that a form of the customer's site sends to a human: stored, or said beside the field why not, with the words kept."""

from collections.abc import Callable

from portal.cases.attaching import FileRefused
from portal.cases.file_words import choose_again, why_refused
from portal.cases.filing import TooManyCases
from portal.cases.messages import MessageRefused
from portal.core.uploads import Upload
from portal.site.forms import ActingForm, AppealForm, MessageForm, QuestionForm, RightForm
from portal.site.messages_words import refused
from portal.web.uploads import brought

Sends = ActingForm | QuestionForm | RightForm | AppealForm | MessageForm


def send_or_say(form: Sends, store: Callable[[list[Upload]], str], *, empty: str = "") -> str | None:
    """What `store` gave for the files that came along; None where the form says why not, by itself or because `store` gave nothing. `empty` is
    said where there are no words.
    """
    files = brought(form.files.data)
    if form.validate_on_submit():
        try:
            if stored := store(files):
                return stored
        except (MessageRefused, TooManyCases) as refusal:
            form.message.errors = [refused(refusal, words=empty)]
        except FileRefused as refusal:
            form.files.errors = [why_refused(refusal)]
    if files and not form.files.errors:
        # A browser forgets what was chosen.
        form.files.errors = [choose_again()]
    return None
