"""Every page in a real browser: at three widths, in both languages, light and dark."""

import pytest
from places import LANGUAGES, VIEWED
from visit import visit

WIDTHS = [375, 768, 1280]
THEMES = {"light": "rgb(255, 255, 255)", "dark": "rgb(14, 17, 22)"}
LARGEST = 1_000_000

CHARTS = {"coffee": 17, "wallets": 19, "cdnow": 15, "one": 18, "million": 15, "large": 18, "no-points": 13, "hostile": 18, "more": 18, "index": 26}

# What a reader sees: languages, background, whether the page moves sideways, and who sticks out if it does.
SEEN = """() => {
  const shown = [...document.querySelectorAll(".page")].filter((page) => page.checkVisibility()).map((page) => page.lang);
  const scroller = document.scrollingElement;
  const out = [...document.querySelectorAll(".page *")].filter((element) => element.checkVisibility()
    && !element.closest(".scroll, .sql, .contents, .hidden, .skip")
    && element.getBoundingClientRect().right > scroller.clientWidth + 1);
  return {shown, lang: document.documentElement.lang, background: getComputedStyle(document.body).backgroundColor,
    wide: scroller.scrollWidth, room: scroller.clientWidth, out: out.slice(0, 5).map((element) => element.outerHTML.slice(0, 200))};
}"""

PAINT = """() => new Promise((tell) => new PerformanceObserver((list) => {
  list.getEntriesByName("first-contentful-paint").forEach((entry) => tell(entry.startTime));
}).observe({type: "paint", buffered: true}))"""

# Each drawing that is seen: what it is called, its marks, and the table beside it.
DRAWINGS = """() => [...document.querySelectorAll("svg")].filter((svg) => svg.checkVisibility()).map((svg) => {
  const named = (svg.getAttribute("aria-labelledby") || "").split(" ").filter(Boolean).map((id) => document.getElementById(id)?.textContent.trim() || "");
  const marks = [...svg.querySelectorAll("path, rect, circle, line")].filter((mark) => !mark.matches(".grid, .zero, .rail, .end, .cut"));
  const boxes = marks.map((mark) => mark.getBoundingClientRect());
  const drawn = boxes.filter((box) => [box.x, box.y, box.width, box.height].every(Number.isFinite) && Math.max(box.width, box.height) > 0);
  const numbers = [...svg.querySelectorAll("*"), svg].flatMap((part) => [...part.attributes]).map((attribute) => attribute.value);
  const near = svg.closest("article, tr, li");
  return {where: svg.outerHTML.slice(0, 160), hidden: svg.getAttribute("aria-hidden") === "true", role: svg.getAttribute("role"),
    words: svg.getAttribute("aria-label") || named.filter(Boolean).join(" "), named: named.every(Boolean), drawn: drawn.length,
    broken: numbers.filter((value) => /NaN|Infinity|inf\\b|undefined/.test(value)), inTable: !!svg.closest("td, li"),
    nearby: near ? near.textContent.trim() : "", table: !!svg.closest("article")?.querySelector("table td")};
})"""


@pytest.mark.parametrize("name", VIEWED)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_fits_and_asks_for_nothing(browser, maker, tell, name, language, theme):
    page = maker.page(name)
    with visit(browser, page, language=language, theme=theme, width=WIDTHS[0]) as seen:
        paint = seen.run(PAINT)
        for width in WIDTHS:
            seen.tab.set_viewport_size({"width": width, "height": 900})
            view = seen.run(SEEN)
            assert view["shown"] == [LANGUAGES[language]] and view["lang"] == LANGUAGES[language]
            assert view["background"] == THEMES[theme]
            assert view["wide"] <= view["room"], (width, view["out"])
            drawings = seen.run(DRAWINGS)
            for drawing in drawings:
                judge(drawing)
            # A closed disclosure hides how wide it is.
            seen.run("document.querySelectorAll('details').forEach((details) => { details.open = !details.open; })")
            opened = seen.run(SEEN)
            assert opened["wide"] <= opened["room"], (width, opened["out"])
            seen.run("document.querySelectorAll('details').forEach((details) => { details.open = !details.open; })")
        assert seen.troubles() == []
    size = page.path.stat().st_size
    charts = sum(not drawing["hidden"] for drawing in drawings)
    assert size <= LARGEST
    assert charts >= CHARTS.get(name, 0)
    if (language, theme) == ("en", "light"):
        tell(f"{name}: {size:,} bytes, first contentful paint after {paint:.0f} ms, {charts} charts with words and a table, "
             f"{len(drawings) - charts} bars beside their numbers")


def judge(drawing):
    """A chart has marks, words and a table; a bar without words stands beside its number."""
    assert drawing["broken"] == [], drawing
    if drawing["hidden"]:
        assert drawing["inTable"] and any(letter.isdigit() for letter in drawing["nearby"]), drawing
        return
    assert drawing["role"] == "img" and drawing["words"] and drawing["named"], drawing
    assert drawing["drawn"] > 0, drawing
    assert drawing["table"], drawing

