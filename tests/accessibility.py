"""axe-core in a page of Chromium: what breaks WCAG 2.2, levels A and AA."""

import functools
from importlib.util import find_spec
from pathlib import Path

from tests.browser import Page

PACKAGE = "axe_playwright_python"
"""Only its `axe.min.js` is used."""
REMEDY = "axe-core is not installed: `make env` installs it"
STANDARD = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
VIEWS = ((1280, "light"), (375, "dark"))
"""Width and colour scheme: whether a page fits does not depend on its colours."""
RUN = """(async () => {{
  const found = await axe.run({{
    runOnly: {{type: "tag", values: {tags}}}, resultTypes: ["violations"],
    iframes: false, preload: false}});
  return found.violations.flatMap((rule) => rule.nodes.map(
    (node) => `${{rule.id}}: ${{node.target.join(" ")}}: ${{node.failureSummary}}`));
}})()"""


@functools.cache
def read_axe() -> str:
    """The program, which is run in the page."""
    found = find_spec(PACKAGE)
    assert found is not None, REMEDY
    assert found.submodule_search_locations is not None
    return (Path(found.submodule_search_locations[0]) / "axe.min.js").read_text()


def find_violations(page: Page) -> list[str]:
    """What breaks the standard on the page as it is drawn, such as `color-contrast: td: ...`."""
    if not page.value("!!window.axe"):
        page.value(f"{read_axe()}; 1")
    violations: list[str] = page.value(RUN.format(tags=list(STANDARD)))
    return violations


def set_view(page: Page, width: int, scheme: str) -> None:
    """Draw the page at a width, in light or dark colours."""
    page.ask("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1,
             mobile=False)  # fmt: skip
    page.ask("Emulation.setEmulatedMedia",
             features=[{"name": "prefers-color-scheme", "value": scheme}])  # fmt: skip
