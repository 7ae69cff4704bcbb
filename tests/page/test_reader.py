"""What a reader does with the page: switches, keys, printing; and what a checker of accessibility says of it."""

import axe_playwright_python.base
import pytest
from places import LANGUAGES, REPORTS, VIEWED
from visit import visit

AXE = axe_playwright_python.base.AXE_FILE_PATH.read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Judged with every disclosure open; what the others hold in theirs is made by the same templates.
OPENED = {"coffee", "more"}
GRAVE = {"serious", "critical"}

# What stands on the screen now, and on which ground.
STATE = """() => ({text: document.body.innerText, lang: document.documentElement.lang, title: document.title,
  background: getComputedStyle(document.body).backgroundColor})"""
LIGHT, DARK = "rgb(255, 255, 255)", "rgb(14, 17, 22)"

# The element that has the focus, and the outline that shows it: a hidden radio button shows it on its label.
FOCUS = """() => {
  const at = document.activeElement;
  const shown = at.labels?.[0] || at;
  const style = getComputedStyle(shown);
  const box = shown.getBoundingClientRect();
  const page = at.closest(".page");
  return {tag: at.tagName, id: at.id, name: at.name || "", href: at.getAttribute("href") || "", kind: at.className, language: page ? page.lang : "",
    outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0, seen: shown.checkVisibility() && box.width > 0 && box.height > 0,
    inside: box.bottom > 0 && box.top < innerHeight};
}"""


def chinese(text):
    """How many Chinese characters it has."""
    return sum("\u4e00" <= letter <= "\u9fff" for letter in text)


@pytest.mark.parametrize("name", VIEWED)
def test_language_and_theme_change_by_click(browser, maker, name):
    with visit(browser, maker.page(name)) as seen:
        english = seen.run(STATE)
        seen.tab.click("label[for=language-zh]")
        other = seen.run(STATE)
        assert (english["lang"], other["lang"]) == ("en", "zh-Hans")
        if name in REPORTS:
            assert chinese(other["text"]) > 200 > chinese(english["text"])
        else:
            assert chinese(other["text"]) > max(100, chinese(english["text"]))
        assert other["title"] != english["title"] and other["text"] != english["text"]
        for theme, ground in (("dark", DARK), ("light", LIGHT), ("auto", LIGHT), ("dark", DARK)):
            seen.tab.click(f"label[for=theme-{theme}]")
            assert seen.run(STATE)["background"] == ground
        seen.tab.click("label[for=language-en]")
        assert seen.run(STATE)["text"] == english["text"]
        assert seen.troubles() == []


@pytest.mark.parametrize("name", VIEWED)
def test_language_and_theme_change_by_key(browser, maker, name):
    with visit(browser, maker.page(name), width=375) as seen:
        press = seen.tab.keyboard.press
        press("Tab")
        assert seen.run(FOCUS)["id"] == "language-en"
        press("ArrowRight")
        assert seen.run(FOCUS)["id"] == "language-zh" and seen.run(STATE)["lang"] == "zh-Hans"
        press("Tab")
        assert seen.run(FOCUS)["id"] == "theme-auto"
        for ground in (LIGHT, DARK):
            press("ArrowRight")
            assert seen.run(STATE)["background"] == ground
        focus = seen.run(FOCUS)
        assert focus["id"] == "theme-dark" and focus["outline"] and focus["seen"]
        assert seen.troubles() == []


def test_what_the_reader_chose_is_kept(browser, maker):
    with visit(browser, maker.page("coffee")) as seen:
        assert seen.run(STATE)["lang"] == "en"
        seen.tab.click("label[for=language-zh]")
        seen.tab.click("label[for=theme-dark]")
        seen.tab.reload()
        state = seen.run(STATE)
        assert state["lang"] == "zh-Hans" and state["background"] == DARK


def test_the_switches_need_no_script(browser, maker):
    with visit(browser, maker.page("coffee"), script=False) as seen:
        assert chinese(seen.tab.inner_text("body")) < 200
        seen.tab.click("label[for=language-zh]")
        seen.tab.click("label[for=theme-dark]")
        assert chinese(seen.tab.inner_text("body")) > 200
        assert seen.run(STATE)["background"] == DARK and seen.complaints == []


@pytest.mark.parametrize("name", VIEWED)
@pytest.mark.parametrize("language", LANGUAGES)
def test_keys_reach_everything_and_the_focus_is_seen(browser, maker, tell, name, language):
    with visit(browser, maker.page(name), language=language) as seen:
        seen.tab.keyboard.press("Tab")
        stops = [seen.run(FOCUS)]
        while len(stops) < 500:
            seen.tab.keyboard.press("Tab")
            at = seen.run(FOCUS)
            if at["tag"] == "BODY" or at == stops[0]:
                break
            stops.append(at)
        for stop in stops:
            assert stop["outline"] and stop["seen"] and stop["inside"], stop
            assert stop["language"] in ("", LANGUAGES[language]), stop
        assert [stop["name"] for stop in stops[:2]] == ["language", "theme"]
        page = f".page.in-{language}"
        for what, tag in (("summary", "SUMMARY"), ("a[href]", "A")):
            there = seen.run("(what) => [...document.querySelectorAll(what)].filter((e) => e.checkVisibility()).length", f"{page} {what}")
            assert sum(stop["tag"] == tag for stop in stops) == there
        jumps = [stop["href"] for stop in stops if stop["href"].startswith("#")]
        if name in REPORTS:
            assert stops[2]["kind"] == "skip" and len(jumps) >= 11
        if language == "en":
            tell(f"{name}: {len(stops)} stops of the Tab key, {len(jumps)} jumps")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_disclosure_opens_and_a_jump_lands_by_key(browser, maker, language):
    with visit(browser, maker.page("coffee"), language=language) as seen:
        summary = seen.tab.locator(f".page.in-{language} details.how summary").first
        summary.focus()
        table = "(summary) => summary.parentElement.querySelector('.sql').checkVisibility()"
        assert not summary.evaluate(table)
        seen.tab.keyboard.press("Enter")
        assert summary.evaluate(table)
        seen.tab.keyboard.press("Space")
        assert not summary.evaluate(table)
        links = seen.tab.locator(f".page.in-{language} .contents a")
        for link in links.all():
            target = link.get_attribute("href").removeprefix("#")
            link.focus()
            seen.tab.keyboard.press("Enter")
            landed = seen.run("""(id) => {
              const top = document.getElementById(id).getBoundingClientRect().top;
              const bar = [...document.querySelectorAll(".contents")].find((bar) => bar.checkVisibility()).getBoundingClientRect();
              const heading = document.querySelector(`#${id} :is(h1, h2)`).getBoundingClientRect();
              return {focus: document.activeElement.id, hash: location.hash, clear: heading.top >= bar.bottom - 1 && heading.top < innerHeight};
            }""", target)
            assert landed == {"focus": target, "hash": f"#{target}", "clear": True}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", VIEWED)
def test_no_grave_findings_of_accessibility(browser, maker, tell, name, theme):
    # Both languages are made by the same templates, so one of them is judged in each theme.
    language = "en" if theme == "light" else "zh"
    with visit(browser, maker.page(name), language=language, theme=theme) as seen:
        if name in OPENED:
            seen.run("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
        seen.run(AXE)
        result = seen.run("(tags) => axe.run({runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", RULES)
        found = [(finding["impact"], finding["id"], [node["html"][:160] for node in finding["nodes"]][:3])
                 for finding in result["violations"]]
        assert not [finding for finding in found if finding[0] in GRAVE], found
        tell(f"{name}, {theme}, {language}: axe-core {result['testEngine']['version']}, {len(result['passes'])} rules passed, "
             f"slight findings: {', '.join(finding[1] for finding in found) or 'none'}")


# A4 between the margins of a browser.
PAPER = 717

PRINTED = """() => {
  const shown = (what) => [...document.querySelectorAll(what)].filter((element) => element.checkVisibility()).length;
  const scroller = document.scrollingElement;
  return {pages: [...document.querySelectorAll(".page")].filter((page) => page.checkVisibility()).map((page) => page.lang),
    tools: shown(".switches, .contents, .skip"), open: shown("details[open]"), closed: shown("details:not([open])"),
    tables: shown("details[open] table"), queries: shown("details[open] .sql"), charts: shown("svg[role=img]"),
    background: getComputedStyle(document.body).backgroundColor, ink: getComputedStyle(document.body).color,
    wide: scroller.scrollWidth - scroller.clientWidth,
    out: [...document.querySelectorAll(".card *, .objective *")].filter((element) => element.checkVisibility() && !element.closest(".hidden, svg")
      && element.getBoundingClientRect().right > element.closest("article").getBoundingClientRect().right + 1).slice(0, 3).map((element) => element.outerHTML.slice(0, 200)),
    cut: [...document.querySelectorAll(".scroll, .sql")].filter((box) => box.checkVisibility() && getComputedStyle(box).overflowX !== "visible").length};
}"""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", VIEWED)
def test_paper_shows_one_language_on_white_and_what_was_opened(browser, maker, name, language):
    with visit(browser, maker.page(name), language=language, theme="dark", width=PAPER) as seen:
        seen.tab.click("label[for=theme-dark]")
        on_screen = seen.run(PRINTED)
        seen.tab.emulate_media(media="print")
        paper = seen.run(PRINTED)
        assert paper["pages"] == [LANGUAGES[language]]
        assert on_screen["tools"] > 0
        # The last month of an index is open from the start, and nothing else of any page.
        start = on_screen["open"] if name == "index" else 0
        assert (paper["tools"], paper["open"], paper["closed"], paper["cut"]) == (0, start, 0, 0)
        assert name not in REPORTS or on_screen["closed"] > 0
        assert paper["wide"] <= 0 and paper["out"] == [], paper["out"]
        assert paper["charts"] == on_screen["charts"]
        assert (paper["background"], paper["ink"]) == (LIGHT, "rgb(18, 22, 28)")
        seen.run("document.querySelectorAll('.page details').forEach((details) => { details.open = true; })")
        opened = seen.run(PRINTED)
        assert opened["cut"] == 0 and opened["wide"] <= 0 and opened["out"] == [], opened["out"]
        assert opened["open"] == on_screen["open"] + on_screen["closed"]
        assert name not in REPORTS or opened["tables"] + opened["queries"] > 0
        assert seen.troubles() == []
