"""A page as tests see it: its elements, its forms, its words. Reads HTML with the standard library, so that a broken page is seen as such."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset("area base br col embed hr img input link meta source track wbr use path circle rect".split())


@dataclass
class Element:
    """One element with its attributes and what is inside."""

    tag: str
    attributes: dict[str, str]
    children: list["Element | str"] = field(default_factory=list)

    def all(self, tag: str = "", **attributes: str) -> list["Element"]:
        """Every element below with that tag and those attributes; `class_` asks for one of the classes."""
        found = []
        for child in self.children:
            if isinstance(child, Element):
                if (not tag or child.tag == tag) and child.has(**attributes):
                    found.append(child)
                found += child.all(tag, **attributes)
        return found

    def has(self, **attributes: str) -> bool:
        """Whether the attributes have these values."""
        for name, value in attributes.items():
            if name == "class_":
                if value not in self.attributes.get("class", "").split():
                    return False
            elif self.attributes.get(name.replace("_", "-")) != value:
                return False
        return True

    @property
    def words(self) -> str:
        """All text below, with single spaces."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> list[str]:
        texts: list[str] = []
        for child in self.children:
            texts += (
                [child] if isinstance(child, str) else ["", *child._texts(), " " if child.tag not in ("bdi", "b", "span") else ""]
            )
        return texts


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]
        self.mistakes: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if self.open[-1].tag != tag:
            self.mistakes.append(f"</{tag}> closes <{self.open[-1].tag}>")
            return
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read(html: str) -> Element:
    """The page as a tree. Raises AssertionError where elements are not closed in order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert not reader.mistakes, reader.mistakes
    assert len(reader.open) == 1, f"not closed: {[element.tag for element in reader.open[1:]]}"
    return reader.root


def fields_of(form: Element) -> dict[str, str | list[str]]:
    """What a browser would send of a form that nobody touched; several ticks under one name are a list."""
    values: dict[str, str | list[str]] = {}
    for control in form.all("input") + form.all("textarea") + form.all("select"):
        name, kind = control.attributes.get("name"), control.attributes.get("type", "text")
        if not name or (kind in ("radio", "checkbox") and "checked" not in control.attributes) or kind == "submit":
            continue
        value = control.words if control.tag == "textarea" else control.attributes.get("value", "")
        if control.tag == "select":
            options = control.all("option")
            chosen = [one for one in options if "selected" in one.attributes] or options[:1]
            value = chosen[0].attributes.get("value", chosen[0].words) if chosen else ""
        if kind == "checkbox" and name in values:
            before = values[name]
            values[name] = [*(before if isinstance(before, list) else [before]), value]
        else:
            values[name] = value
    return values
