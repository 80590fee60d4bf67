"""Logs hold no personal data and cannot be forged, whoever writes them."""

import io
import json
import logging

from portal.core import logs


def written(*calls):
    stream = io.StringIO()
    logs.set_up(stream, level="DEBUG")
    for call in calls:
        call()
    return stream.getvalue()


def test_a_field_that_is_not_on_the_list_is_dropped_and_counted():
    line = json.loads(written(lambda: logs.event("mail.sent", company="a", recipient="maren@example.org")))
    assert line["company"] == "a"
    assert line["dropped_fields"] == 1
    assert "maren" not in json.dumps(line)


def test_an_address_in_an_allowed_field_is_not_logged():
    assert "maren" not in written(lambda: logs.event("x", system="maren@example.org"))


def test_O7_a_line_cannot_be_forged_by_line_breaks_or_terminal_codes():
    text = written(lambda: logs.event("x", system="a\r\n{}\x1b[31m"), lambda: logging.getLogger("b\nc").warning("d\r\ne\x1b[0m"))
    lines = text.splitlines()
    assert len(lines) == 2
    assert all(json.loads(line) for line in lines)
    assert "\x1b" not in text


def test_H15_a_library_says_only_where_and_what_class():
    def speak():
        try:
            raise ValueError("maren@example.org is not unique")
        except ValueError:
            logging.getLogger("sqlalchemy").exception("row %s", "maren@example.org")

    line = json.loads(written(speak))
    assert line["error"].startswith("ValueError-")
    assert "maren" not in json.dumps(line)
