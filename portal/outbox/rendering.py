"""A mail's subject, text and HTML from `templates/mail/<name>/`, in the recipient's language and the company's zone.

Must never run a text that came from a person or a configuration as a template: such texts are values only.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from portal.config.model import Company
from portal.core import i18n, urls
from portal.core.errors import PortalError

FOLDER = Path(__file__).resolve().parents[2] / "templates"
_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


class MailCannotBeWritten(PortalError):
    """A template is missing or lacks a value, or a subject would break into two lines."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says."""

    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)


def render_letter(company: Company, template: str, language: str, context: Mapping[str, object]) -> Letter:
    """The letter `template` in `language`. Its parts know `company`, `locale`, `direction`, `text()`, `help_url`, `site_host` and `context`.

    Raises `MailCannotBeWritten`, or jinja2's own error where a template asks for what is not given.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", template):
        raise MailCannotBeWritten("The name of a mail is a folder below templates/mail.")
    with i18n.speaking(language, company.time_zone):
        known = {
            "company": company,
            "locale": language,
            "direction": i18n.direction(),
            "text": i18n.pick,
            "help_url": urls.address(company.url, urls.HELP),
            "site_host": urlsplit(company.url).hostname or "",
            **context,
        }
        subject = _render(f"mail/{template}/subject.txt", known).strip()
        text = _render(f"mail/{template}/body.txt", known)
        html = _render(f"mail/{template}/body.html", known)
    if not subject or breaks_a_line(subject):
        raise MailCannotBeWritten(f"The subject of the mail {template} is empty or has more than one line.")
    return Letter(subject, re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n", html)


def breaks_a_line(text: str) -> bool:
    """Whether a control character or a line separator stands in a text that has to be one line."""
    return _BREAKS.search(text) is not None


def _render(name: str, context: Mapping[str, object]) -> str:
    return _environment().get_template(name).render(context)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["listed"] = i18n.format_list
    environment.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]  # the i18n extension adds it
    return environment


def _gettext(message: str) -> str:
    return i18n.catalogue(i18n.language()).gettext(message)


def _ngettext(singular: str, plural: str, count: int) -> str:
    return i18n.catalogue(i18n.language()).ngettext(singular, plural, count)
