"""How a journey walks: by the words a person sees, never by the structure of a page. Every page passed is looked over."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from playwright.sync_api import BrowserContext, Page

from accounts.models import User
from portal.testing import entered

AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE, DESKTOP = (360, 740), (1280, 800)


@dataclass(frozen=True)
class Reader:
    """Who reads, as far as a browser knows: size, language, colours, whether scripts run."""

    size: tuple[int, int] = DESKTOP
    language: str = "en-US"
    theme: str = "light"
    javascript: bool = True

    def context(self) -> dict[str, Any]:
        """The options of a browser context."""
        return {
            "viewport": {"width": self.size[0], "height": self.size[1]}, "locale": self.language,
            "color_scheme": self.theme, "java_script_enabled": self.javascript, "accept_downloads": True,
            "reduced_motion": "reduce",
        }  # fmt: skip

    def __str__(self) -> str:
        scripts = "scripts" if self.javascript else "no scripts"
        return f"{self.size[0]} px, {self.language}, {self.theme}, {scripts}"


@dataclass
class Walk:
    """One browser at one address, and what a person does in it."""

    context: BrowserContext
    url: str
    reader: Reader
    page: Page = field(init=False)
    complaints: list[str] = field(default_factory=list)
    audited: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page = self.context.new_page()
        self.page.add_init_script(BRING_AXE)  # sent once, read by the browser only where it is asked
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, message: Any) -> None:
        """Errors of the console, refusals of the CSP among them; a page that was meant to be refused is no error."""
        if message.type == "error" and "status of 4" not in message.text:
            self.complaints.append(f"{self.page.url}: {message.text}")

    def enter_as(self, user: User) -> "Walk":
        """Sign the person in without the entry page, which has its own journey."""
        value = entered(user).cookies[settings.SESSION_COOKIE_NAME].value
        self.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": self.url}])
        return self

    def go(self, path: str) -> int:
        """Open a path and return the status."""
        response = self.page.goto(self.url + path)
        assert response is not None
        return response.status

    def fill(self, label: str, value: str) -> None:
        self.page.get_by_label(label, exact=True).fill(value)

    def choose(self, label: str) -> None:
        self.page.get_by_label(label, exact=True).check()

    def press(self, name: str) -> None:
        """Press the button with these words."""
        self.page.get_by_role("main").get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        """Follow the first link of the page with these words in its name."""
        self.page.get_by_role("main").get_by_role("link", name=name).first.click()

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.url)

    @property
    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    @property
    def text(self) -> str:
        """What the main part says, with plain spaces."""
        return re.sub(r"\s+", " ", self.page.locator("main").inner_text())

    def code_sent_to(self, address: str) -> str:
        """Read the newest code in the message tray, as a visitor of the demo would: in another tab."""
        tab = self.context.new_page()
        tab.goto(f"{self.url}/dev/tray/?q={quote(address)}")
        found = re.search(r"(?<!\d)(\d{6})(?!\d)", tab.locator("ol.tray li").first.inner_text().replace("\u00a0", ""))
        tab.close()
        assert found, "no code in the tray"
        return found[1]

    def look_over(self) -> None:
        """Look the open page over as blind, far-sighted and small-screened people meet it; once per page."""
        if not self.reader.javascript or self.path in self.audited:
            return
        self.audited.add(self.path)
        problems = self.problems()
        assert not problems, "\n".join(problems)

    def look_over_staff_room(self) -> None:
        """The staff room is Django's own admin: what axe and the console say of it must be nothing; it is for desks."""
        self.arrive()
        problems = [*axe(self.page), *self.complaints]
        assert not problems, "\n".join(problems)

    def arrive(self) -> None:
        """Wait for the page that a click opened: axe would find an empty document while it is on its way."""
        self.page.wait_for_load_state()
        self.page.locator("h1").first.wait_for()

    def problems(self) -> list[str]:
        """Everything that is wrong with the open page, in words."""
        page = self.page
        self.arrive()
        found = [*axe(page), *self.complaints]
        if (count := page.locator("h1").count()) != 1:
            found.append(f"{count} headings of the first level")
        found += page.evaluate(NAMELESS)
        found += page.evaluate(SMALL)
        found += self._sideways()
        return [f"{self.path} ({self.reader}): {one}" for one in found]

    def _sideways(self) -> list[str]:
        """What does not fit 320 px."""
        size = self.page.viewport_size
        self.page.set_viewport_size({"width": 320, "height": 700})
        wide = self.wide()
        if size:
            self.page.set_viewport_size(size)
        return wide

    def wide(self) -> list[str]:
        """What hangs over the screen as it is."""
        return list(self.page.evaluate(WIDE))

    def sideways_in_large_letters(self) -> list[str]:
        """What does not fit 320 px when the reader has chosen the largest letters."""
        self.page.evaluate("document.documentElement.dataset.text = '150'")
        return [f"{self.path}, 150 %: {one}" for one in self._sideways()]


def axe(page: Page) -> list[str]:
    """The violations that axe finds; what it found in order stays in the browser, for it is most of the time."""
    violations = page.evaluate(FIND, {"runOnly": AXE_RULES, "resultTypes": ["violations"]})
    return [
        f"axe {one['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for one in violations
        for node in one["nodes"][:3]
    ]


BRING_AXE = f"window.bringAxe = function () {{\n{AXE_SCRIPT}\n}}"

FIND = """options => {
    window.bringAxe();
    return axe.run(document, options).then(results => results.violations);
}"""

NAMELESS = """() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
    .filter(field => !(field.labels && field.labels.length)).map(field => `no label: ${field.outerHTML.slice(0, 120)}`)"""

SMALL = """() => {
    const targets = 'button, input:not([type=hidden]), select, textarea, summary, a.button, a.option, nav a';
    const small = [];
    for (const one of document.querySelectorAll(targets)) {
        let box = one.getBoundingClientRect();
        if (!box.width || !one.checkVisibility()) continue;
        const label = ['checkbox', 'radio'].includes(one.type) && one.labels && one.labels[0];
        if (label) box = label.getBoundingClientRect();
        if (box.height < 43.5 || box.width < 43.5)
            small.push(`small target ${Math.round(box.width)}×${Math.round(box.height)}: ${one.outerHTML.slice(0, 100)}`);
    }
    return small;
}"""

WIDE = """() => {
    if (document.documentElement.scrollWidth <= innerWidth) return [];
    const out = [...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1);
    return [`wider than ${innerWidth} px: ${out.slice(0, 3).map(one => one.outerHTML.slice(0, 90)).join(' | ')}`];
}"""
