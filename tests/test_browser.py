"""The browser that tests use: it sees what a reader would, keeps off the network, and says what axe-core finds."""

from __future__ import annotations

import http.server
import threading

import pytest

from tests.browser import Browser

PAGE = '<!doctype html><html lang="en"><title>A page</title><main><h1>Here</h1>{}</main></html>'


def test_wishes_are_heard(browser: Browser) -> None:
    dark = "matchMedia('(prefers-color-scheme: dark)').matches"
    with browser.view(360, color_scheme="dark").show(PAGE.format("")) as view:
        assert view.evaluate(dark)
        assert not view.wish(color_scheme="light").evaluate(dark)
        assert view.evaluate("innerWidth") == 360
        assert view.resize(700).evaluate("innerWidth") == 700
        assert view.styles("h1", ["display"]) == [{"display": "block"}]
        assert view.picture().size == (700, 900)
        assert view.printed().startswith(b"%PDF")


def test_axe_finds_what_is_wrong(browser: Browser) -> None:
    with browser.view().show(PAGE.format("<p>All is well.")) as view:
        assert view.violations() == []
    bad = '<p style="color:#ccc">Pale</p><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="><h4>Skipped</h4>'
    small = "".join(f'<a href="#{i}" style="position:absolute;left:{9 * i}px;font-size:8px">{i}</a>' for i in range(3))
    with browser.view().show(PAGE.format(bad + small)) as view:
        rules = {line.split(":")[0] for line in view.violations()}
    assert rules == {"color-contrast", "image-alt", "heading-order", "target-size"}


def test_a_page_that_reaches_outside_fails(browser: Browser) -> None:
    with (
        pytest.raises(AssertionError, match=r"outside: \['https://example\.org/a\.png'\]"),
        browser.view().show(PAGE.format('<img alt="" src="https://example.org/a.png">')),
    ):
        pass


def test_this_machine_is_not_outside(browser: Browser) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), _Quiet) as server:
        threading.Thread(target=server.handle_request).start()
        with browser.view().open(f"http://127.0.0.1:{server.server_port}/") as view:
            assert view.evaluate("document.body.textContent") == "served"


class _Quiet(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<!doctype html><link rel=icon href=data:,><body>served")

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Say nothing."""


def test_an_error_on_a_page_is_kept(browser: Browser) -> None:
    with browser.view().show(PAGE.format("<script>nothing()</script>")) as view:
        assert view.errors
        assert "nothing" in view.errors[0]
