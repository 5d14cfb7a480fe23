"""The choice of the browser; these tests do not start one."""

import pytest

from tests.browser.chromium import NoBrowserError, find_browser, flags


def on_path(*names):
    return lambda name: f"/usr/bin/{name}" if name in names else None


@pytest.mark.parametrize(
    ("there", "found"),
    [
        (["chromium", "google-chrome"], "/usr/bin/chromium"),
        (["chromium-browser"], "/usr/bin/chromium-browser"),
        (["google-chrome"], "/usr/bin/google-chrome"),
        ([], None),
    ],
)
def test_first_browser_on_the_path_is_taken(there, found):
    assert find_browser({}, on_path(*there)) == found


def test_configured_browser_takes_precedence():
    assert find_browser({"SPARKIFY_BROWSER": "my-browser"}, on_path("chromium", "my-browser")) == "/usr/bin/my-browser"


def test_missing_configured_browser_is_an_error_and_not_a_skip():
    with pytest.raises(NoBrowserError, match="SPARKIFY_BROWSER is '/nowhere', which is no program: install Chromium"):
        find_browser({"SPARKIFY_BROWSER": "/nowhere"}, on_path("chromium"))


def test_only_root_runs_without_the_sandbox():
    assert "--no-sandbox" in flags(0)
    assert "--no-sandbox" not in flags(1000)
