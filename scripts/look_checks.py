"""What must hold on every page, asked of a real browser: axe-core, one h1, unique ids, labels, reflow, nothing inline, CSP."""

from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Browser, ConsoleMessage, Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}"
RUN_AXE = f"async () => (await axe.run(document, {RULES})).violations.map(v => v.id + ': ' + v.nodes.map(n => n.target).slice(0, 3).join(' | '))"
OPEN_ALL = "() => document.querySelectorAll('details').forEach(d => { d.removeAttribute('name'); d.open = true; })"
BY_HAND = """() => {
  const found = [], all = [...document.querySelectorAll('*')], ids = all.filter(e => e.id).map(e => e.id);
  if (document.querySelectorAll('h1').length !== 1) found.push('not exactly one h1');
  if (new Set(ids).size !== ids.length) found.push('an id stands twice: ' + ids.filter((id, at) => ids.indexOf(id) !== at));
  for (const e of all) for (const a of e.getAttributeNames()) if (a === 'style' || a.startsWith('on')) found.push('inline ' + a + ' on ' + e.tagName);
  for (const e of document.querySelectorAll('[aria-describedby], [aria-labelledby]'))
    for (const id of ((e.getAttribute('aria-describedby') || '') + ' ' + (e.getAttribute('aria-labelledby') || '')).split(' '))
      if (id && !document.getElementById(id)) found.push('names a missing id: ' + id);
  for (const e of document.querySelectorAll('a[href], button, summary, input:not([type=hidden], [type=radio], [type=checkbox])')) {
    const box = e.getBoundingClientRect(), inText = getComputedStyle(e).display === 'inline';
    if (box.width && !inText && !e.closest('.skip') && box.height < 43.5) found.push('small target: ' + e.textContent.trim().slice(0, 40) + ' ' + box.height);
  }
  return found;
}"""
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def problems_of(browser: Browser, base: str, names: list[str]) -> list[str]:
    """One line for each thing that does not hold; empty where all does."""
    found: list[str] = []
    for language in ("en", "ar"):
        for scheme in ("light", "dark"):
            context = browser.new_context(color_scheme=scheme, reduced_motion="reduce", bypass_csp=False)
            tab = context.new_page()
            said: list[str] = []

            def listen(message: ConsoleMessage, said: list[str] = said) -> None:
                if message.type == "error":
                    said.append(message.text[:160])

            tab.on("console", listen)
            for name in names:
                said.clear()
                where = f"{name} {language} {scheme}"
                found += [
                    f"{where}: {problem}" for problem in _look_at(tab, f"{base}/{language}/{name}", mail=name.startswith("mail/"))
                ]
                found += [f"{where}: console: {text}" for text in said]
            context.close()
    return found


def _look_at(tab: Page, url: str, *, mail: bool) -> list[str]:
    found: list[str] = []
    for width, text in ((320, 100), (1280, 100), (390, 200), (1280, 200)):
        tab.set_viewport_size({"width": width, "height": 800})
        tab.goto(url)
        tab.evaluate(OPEN_ALL)
        if text != 100:
            tab.evaluate("(size) => document.documentElement.style.setProperty('font-size', size)", f"{text}%")
        if (over := tab.evaluate(TOO_WIDE)) > 0:
            found.append(f"{over} px too wide at {width} px, text {text} %")
        if text == 100:
            tab.evaluate(AXE)
            found += tab.evaluate(RUN_AXE)
            found += [] if mail else tab.evaluate(BY_HAND)
    return found
