"""A browser for tests: Chromium without a window and without a network, driven in plain calls.

It is driven from a thread of its own: Playwright keeps an event loop running in its thread, and the next test may want
its own there.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

AXE = Path(__file__).parent.parent / ".venv/axe/node_modules/axe-core/axe.min.js"
PATIENCE = 20_000  # milliseconds that any one step may take
# Nothing but this machine can be reached, whatever a page or the browser itself asks for.
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    "--no-first-run",
)
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
T = TypeVar("T")


def executable() -> str | None:
    """Where Chromium is, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def lacking() -> str:
    """What the machine lacks for tests in a browser, as a reason to skip them; empty where nothing is."""
    absent = [name for name, there in (("Chromium", executable()), ("axe-core", AXE.exists())) if not there]
    return f"no {' and no '.join(absent)} here: run `.ci/setup browser`" if absent else ""


class Browser:
    """One Chromium with a new profile; each page of it is a View. Close it when done."""

    def __init__(self, folder: Path) -> None:
        """`folder`: an empty place for the pages that are given as text."""
        self.folder = folder
        self._thread = ThreadPoolExecutor(1, "browser")
        self._playwright, self._chromium = self.call(_started)

    def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run a function where Playwright lives, and wait for what it gives."""
        return self._thread.submit(function, *arguments).result()

    def view(self, width: int = 1200, height: int = 900, **wishes: Any) -> View:
        """An empty page; `wishes` are Playwright's, such as color_scheme="dark" or forced_colors="active"."""
        settings = {"viewport": {"width": width, "height": height}, "service_workers": "block", **wishes}
        return View(self, self.call(lambda: self._chromium.new_context(**settings)))

    def close(self) -> None:
        self.call(self._chromium.close)
        self.call(self._playwright.stop)
        self._thread.shutdown()


def _started() -> tuple[Playwright, Chromium]:
    playwright = sync_playwright().start()
    return playwright, playwright.chromium.launch(executable_path=executable(), args=list(FLAGS), timeout=60_000)


class View:
    """One page in a window of its own. Used with `with`, it closes, and fails where the page reached for a network."""

    def __init__(self, browser: Browser, context: BrowserContext) -> None:
        self.outside: list[str] = []  # addresses asked for that are not of this machine
        self.errors: list[str] = []  # what the page's console calls an error
        self._browser, self._context = browser, context
        self._page = browser.call(self._opened)

    def _opened(self) -> Page:
        self._context.set_default_timeout(PATIENCE)
        page = self._context.new_page()
        self._context.on("request", lambda request: self._asked(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda told: self.errors.append(told.text) if told.type == "error" else None)
        return page

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("file", "data", "about", "blob") and parts.hostname not in ("localhost", "127.0.0.1"):
            self.outside.append(url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._browser.call(self._context.close)
        if kind is None and self.outside:
            raise AssertionError(f"the page reached outside: {self.outside}")

    def do(self, step: Callable[[Page], T]) -> T:
        """What `step` gives for Playwright's page."""
        return self._browser.call(step, self._page)

    def show(self, html: str) -> Self:
        """Open a page that is given as text, from a file of its own."""
        path = self._browser.folder / f"{len(list(self._browser.folder.iterdir()))}.html"
        path.write_text(html, encoding="utf-8")
        return self.open(path.as_uri())

    def open(self, url: str) -> Self:
        """Open an address of this machine and wait until all of it is there."""
        self.do(lambda page: page.goto(url, wait_until="load"))
        return self

    def evaluate(self, script: str, argument: Any = None) -> Any:
        """What a JavaScript expression, or a function of one argument, gives, as plain data."""
        return self.do(lambda page: page.evaluate(script, argument))

    def styles(self, selector: str, properties: Sequence[str], pseudo: str = "") -> list[dict[str, str]]:
        """The computed values of these properties for every element that matches."""
        script = """([selector, names, pseudo]) => [...document.querySelectorAll(selector)].map(element => {
            const style = getComputedStyle(element, pseudo || null)
            return Object.fromEntries(names.map(name => [name, style.getPropertyValue(name)]))})"""
        found: list[dict[str, str]] = self.evaluate(script, [selector, list(properties), pseudo])
        return found

    def wish(self, **media: Any) -> Self:
        """Ask as another reader would: color_scheme, media="print", reduced_motion, forced_colors, contrast."""
        self.do(lambda page: page.emulate_media(**media))
        return self

    def resize(self, width: int, height: int = 900) -> Self:
        self.do(lambda page: page.set_viewport_size({"width": width, "height": height}))
        return self

    def press(self, *keys: str) -> Self:
        for key in keys:
            self.do(lambda page, key=key: page.keyboard.press(key))  # type: ignore[misc]
        return self

    def picture(self, selector: str = "") -> Image.Image:
        """The whole page as it looks, or one element of it."""
        still: dict[str, Any] = {"animations": "disabled", "caret": "hide"}
        if selector:
            taken = self.do(lambda page: page.locator(selector).first.screenshot(**still))
        else:
            taken = self.do(lambda page: page.screenshot(full_page=True, **still))
        return Image.open(io.BytesIO(taken)).convert("RGB")

    def printed(self, **settings: Any) -> bytes:
        """The PDF that the browser prints; `settings` are Playwright's, such as format="A4"."""
        return self.do(lambda page: page.pdf(**settings))

    def violations(self, selector: str = "", **rules: Any) -> list[str]:
        """What axe-core finds against WCAG 2.2 A and AA and against good practice, one line for each element.

        `selector`: the part to look at, the whole page unless given; `rules`: axe's own settings of single rules.
        """
        if not self.evaluate("typeof window.axe === 'object'"):
            self.do(lambda page: page.evaluate(AXE.read_text(encoding="utf-8")))
        found = self.evaluate(
            """async ([selector, tags, rules]) => {
                const told = await axe.run(selector || document, {runOnly: {type: "tag", values: tags}, rules: rules})
                if (!told.passes.length) throw new Error("axe looked at nothing")
                return told.violations.flatMap(rule => rule.nodes.map(node =>
                    `${rule.id}: ${node.target} ${node.failureSummary}`))}""",
            [selector, list(TAGS), {"target-size": {"enabled": True}, **rules}],
        )
        return [" ".join(line.split()) for line in found]
