"""What types cannot say of a `portal.yaml`: translations are whole, references lead somewhere, colours can be read.

Must never repair anything in silence.
"""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel

from portal.config.model import AnswerTemplate, Basis, Company, Palette, Placeholder, Portal, SourceKind
from portal.config.systems import CollectionNote, FieldNote
from portal.core.documents import Document

Place = tuple[str | int, ...]

# Regulation (EEA agreement) and adequacy decisions change: a company writes a safeguard for everything outside the EEA.
EEA = frozenset("AT BE BG HR CY CZ DE DK EE ES FI FR GR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split())
BACKGROUNDS = {"light": "#ffffff", "dark": "#101516"}
SOFT = {"light": "#4c5a5f", "dark": "#a8b5b8"}
LONGEST_TEMPLATE = 3000
"""Characters: less than an answer may have, so that there is room for what is put in and added."""
BRACES = re.compile(r"\{([^{}]*)\}")


def check_all(portal: Portal, document: Document, folder: Path) -> None:
    """Raise `DocumentError` for the first thing in the file that cannot work."""
    seen: dict[str, str] = {}
    for key, company in portal.companies.items():
        place: Place = ("companies", key)
        for host in company.hosts:
            if host in seen:
                raise document.error(
                    (*place, "hosts"), f"The host {host} belongs to {seen[host]} too.", "Give each company its own."
                )
            seen[host] = key
        _check_texts(company, company.languages, document, place)
        _check_references(company, document, place)
        _check_law(company, document, place)
        _check_looks(company, document, place, folder)
        _check_sign_in(company, document, place)
        for name, template in company.answer_templates.items():
            _check_template(template, document, (*place, "answer_templates", name, "text"))


def _check_texts(part: BaseModel, languages: list[str], document: Document, place: Place) -> None:
    """Every text stands in every language of the company, and is not empty."""
    for name, spec in type(part).model_fields.items():
        value: Any = getattr(part, name)
        here = (*place, name)
        if spec.annotation in (dict[str, str], dict[str, str] | None) and value:
            _check_text(value, languages, document, here)
        elif isinstance(value, BaseModel):
            _check_texts(value, languages, document, here)
        elif isinstance(value, dict):
            for key, item in value.items():
                if isinstance(item, BaseModel):
                    _check_texts(item, languages, document, (*here, key))
                elif name in ("channels", "frequencies", "proof_titles", "values") and isinstance(item, dict):
                    _check_text(item, languages, document, (*here, key))


def _check_sign_in(company: Company, document: Document, place: Place) -> None:
    """The service that lets staff in is asked over https; plain http is for one on this machine."""
    if company.staff_sign_in is None:
        return
    issuer = urlsplit(company.staff_sign_in.issuer)
    if issuer.scheme != "https" and issuer.hostname not in ("127.0.0.1", "localhost", "::1"):
        problem = "The sign-in service of staff is not reached over https."
        raise document.error(
            (*place, "staff_sign_in", "issuer"), problem, "Write its https address, as the service calls itself."
        )


def _check_text(text: dict[str, str], languages: list[str], document: Document, place: Place) -> None:
    for language in languages:
        if not text.get(language, "").strip():
            raise document.error(
                place, f"The text in `{language}` is missing.", f"Add `{language}:` here, or take it out of languages."
            )
    for language in text:
        if language not in languages:
            raise document.error(
                (*place, language), f"`{language}` is not a language of the company.", "Add it to languages first."
            )


def _check_template(template: AnswerTemplate, document: Document, place: Place) -> None:
    """Every placeholder is one that can be filled in, and no language lacks one that another has."""
    known = "Known are: " + ", ".join(f"{{{one.value}}}" for one in Placeholder) + "."
    named = {language: set(BRACES.findall(text)) for language, text in template.text.items()}
    for language, text in template.text.items():
        for name in sorted(named[language] - set(Placeholder)):
            raise document.error((*place, language), f"`{{{name}}}` is not a placeholder.", known)
        if re.search(r"[{}]", BRACES.sub("", text)):
            remedy = f"Write a placeholder, or leave the brace out. {known}"
            raise document.error((*place, language), "A brace has no other one.", remedy)
        if len(text) > LONGEST_TEMPLATE:
            raise document.error((*place, language), f"A template has at most {LONGEST_TEMPLATE} characters.", "Make two of it.")
    for language, names in named.items():
        for name in sorted(set().union(*named.values()) - names):
            remedy = "Add it, or take it out of the other languages."
            raise document.error((*place, language), f"The placeholder {{{name}}} is missing.", remedy)


def _check_references(company: Company, document: Document, place: Place) -> None:
    """Every key that is named somewhere is defined."""

    def known(kind: str, key: str, here: Place) -> None:
        if key not in getattr(company, kind):
            raise document.error(
                here, f"`{key}` is not one of the {kind}.", f"Define it under {kind}, or name one that is there."
            )

    for purpose_key, purpose in company.purposes.items():
        for recipient in purpose.recipients:
            known("recipients", recipient, (*place, "purposes", purpose_key, "recipients"))
    for system_key, system in company.systems.items():
        for name, note in system.collections.items():
            here = (*place, "systems", system_key, "collections", name)
            parts: list[tuple[CollectionNote | FieldNote, Place]] = [(note, here)]
            parts += [(field, (*here, "fields", key)) for key, field in note.fields.items()]
            for part, where in parts:
                for kind, key in (("sources", part.source), ("purposes", part.purpose), ("retention_rules", part.retention)):
                    if key is not None:
                        known(kind, key, (*where, {"retention_rules": "retention"}.get(kind, kind[:-1])))
                for key in part.recipients or []:
                    known("recipients", key, (*where, "recipients"))
        for key in system.proof:
            if key not in company.proof_titles:
                raise document.error(
                    (*place, "systems", system_key, "proof", key),
                    f"`{key}` has no title.",
                    "Add it under proof_titles of the company.",
                )


TO_OBJECT_TO = frozenset({Basis.LEGITIMATE_INTEREST, Basis.SOFT_OPT_IN, Basis.SALE_OR_SHARING})
"""Grounds that hold until the person says no."""


def _check_law(company: Company, document: Document, place: Place) -> None:
    """What Art. 13-15 make a company state is stated."""
    for key, purpose in company.purposes.items():
        here = (*place, "purposes", key)
        if purpose.basis is Basis.LEGITIMATE_INTEREST and not purpose.interest:
            raise document.error(
                here, "The legitimate interest is not named.", "Add `interest:`, what the interest is (Art. 13(1)(d))."
            )
        for part in ("topics", "frequencies"):
            if getattr(purpose, part) and purpose.basis is not Basis.CONSENT:
                raise document.error(
                    (*here, part),
                    "Only who says yes can say to what and how often.",
                    "Write a purpose of its own for each, or ask for consent.",
                )
        if purpose.marketing and not purpose.channels and purpose.basis in TO_OBJECT_TO:
            raise document.error(
                (*here, "marketing"),
                "Nobody can object to this at once, since it has no channels.",
                "Add `channels:` and `notice:`; an objection to marketing acts at once and without a reason (Art. 21(2) and (3)).",
            )
        if purpose.channels and not purpose.notice:
            raise document.error(here, "A choice needs the text that is agreed to.", "Add `notice:`.")
    for key, recipient in company.recipients.items():
        if recipient.country not in EEA and not recipient.safeguard:
            raise document.error(
                (*place, "recipients", key),
                "A recipient outside the EEA needs a safeguard.",
                "Add `safeguard:` (Art. 15(2), 46).",
            )
    for key, rule in company.retention_rules.items():
        if rule.ground and (rule.years is None or rule.counted_from is None):
            raise document.error(
                (*place, "retention_rules", key),
                "What the law makes you keep needs an end.",
                "Add `years:` and `counted_from:`, or take `ground:` out.",
            )
    if not any(source.kind is SourceKind.PERSON for source in company.sources.values()):
        raise document.error((*place, "sources"), "No source is the person.", "Add one with `kind: person`.")
    for language in company.languages:
        if language not in company.privacy_notice:
            raise document.error((*place, "privacy_notice"), f"The link in `{language}` is missing.", f"Add `{language}:`.")
    try:
        ZoneInfo(company.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise document.error((*place, "time_zone"), "This time zone is not known.", "Write one like Europe/Oslo.") from None


def _check_looks(company: Company, document: Document, place: Place, folder: Path) -> None:
    """Text stays readable in both schemes (WCAG 1.4.3), and the logo is a picture that is there."""
    for scheme in ("light", "dark"):
        palette: Palette = getattr(company.theme, scheme)
        pairs = {
            "accent_ink on accent": (palette.accent_ink, palette.accent),
            "accent on the page": (palette.accent, BACKGROUNDS[scheme]),
            "accent on face": (palette.accent, palette.face),
            "grey text on face": (SOFT[scheme], palette.face),
        }
        for name, (front, back) in pairs.items():
            ratio = contrast(front, back)
            if ratio < 4.5:
                raise document.error(
                    (*place, "theme", scheme), f"The contrast of {name} is {ratio:.1f}.", "Choose colours with at least 4.5."
                )
    logo = folder / company.theme.logo
    if logo.suffix not in (".svg", ".png") or not logo.is_file():
        raise document.error((*place, "theme", "logo"), "The logo is not there.", "Name an .svg or .png file beside portal.yaml.")
    if b"<script" in logo.read_bytes().lower() or b"<!entity" in logo.read_bytes().lower():
        raise document.error((*place, "theme", "logo"), "The logo holds a script or an entity.", "Save it as plain shapes.")


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two `#rrggbb` colours (WCAG 2.2, relative luminance)."""
    lights = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lights[0] + 0.05) / (lights[1] + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
