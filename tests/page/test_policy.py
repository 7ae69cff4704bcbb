"""The page's own rule of what may run in it holds in the browser, and names stay names."""

import html
import re

import pytest
from places import LANGUAGES
from visit import visit

# What somebody might smuggle into the file, each of which would leave a trace if it ran.
SMUGGLED = {
    "script": "<script>document.documentElement.dataset.ran = 'yes'</script>",
    "handler": "<img src='data:,' onerror=\"document.documentElement.dataset.ran = 'yes'\">",
    "link": "<a id=smuggled href=\"javascript:document.documentElement.dataset.ran = 'yes'\">x</a>",
    "style": "<style>body { background: rgb(1, 2, 3) !important }</style>",
    "style attribute": "<p id=styled style='color: rgb(1, 2, 3)'>x</p>",
    "picture": "<img src='https://example.invalid/pixel.png'>",
    "frame": "<iframe src='https://example.invalid/'></iframe>",
    "form": "<form id=sent action='https://example.invalid/'><input name=x></form>",
    "base": "<base href='https://example.invalid/'>",
}

TRACES = """() => ({ran: document.documentElement.dataset.ran || "", ground: getComputedStyle(document.body).backgroundColor,
  styled: document.getElementById("styled") ? getComputedStyle(document.getElementById("styled")).color : "", base: document.baseURI})"""


def policy(page):
    """The directives of the page, by name."""
    text = page.path.read_text(encoding="utf-8")
    found = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', text)
    assert len(found) == 1 and text.index("Content-Security-Policy") < text.index("<style>")
    return {words[0]: words[1:] for words in map(str.split, html.unescape(found[0]).split(";"))}


@pytest.mark.parametrize("name", ["coffee", "cdnow", "hostile"])
def test_the_policy_lets_in_one_style_and_one_script_by_their_digests(maker, name):
    rules = policy(maker.page(name))
    assert rules["default-src"] == ["'none'"]
    assert rules["base-uri"] == rules["form-action"] == ["'none'"]
    for directive in ("style-src", "script-src"):
        assert len(rules[directive]) == 1 and re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", rules[directive][0])
    assert rules["img-src"] == ["data:"]
    assert "unsafe" not in str(rules) and "http" not in str(rules) and "*" not in str(rules)


@pytest.mark.parametrize("what", SMUGGLED)
def test_what_is_smuggled_in_does_not_run(browser, maker, tmp_path, what):
    page = maker.page("coffee")
    text = page.path.read_text(encoding="utf-8")
    changed = tmp_path / "changed.html"
    changed.write_text(text.replace("<body>", f"<body>{SMUGGLED[what]}", 1), encoding="utf-8")
    with visit(browser, page, address=changed.as_uri()) as seen:
        if what == "link":
            seen.run("document.getElementById('smuggled').click()")
        if what == "form":
            seen.run("document.getElementById('sent').submit()")
        seen.tab.wait_for_timeout(50)
        traces = seen.run(TRACES)
        assert traces["ran"] == "" and traces["ground"] == "rgb(255, 255, 255)" and traces["styled"] != "rgb(1, 2, 3)"
        assert traces["base"] == seen.tab.url and seen.tab.url.startswith("file:")
        # The browser says that it kept something out, and nothing left the machine.
        assert any("policy" in trouble for trouble in seen.troubles()), seen.troubles()
        assert not [trouble for trouble in seen.troubles() if trouble.startswith("dialog")]


def test_a_changed_script_or_style_does_not_run(browser, maker, tmp_path):
    page = maker.page("coffee")
    text = page.path.read_text(encoding="utf-8")
    for tag, trace in (("script", "document.documentElement.dataset.ran = 'yes';"), ("style", "body { background: rgb(1, 2, 3) !important }")):
        changed = tmp_path / f"{tag}.html"
        changed.write_text(text.replace(f"</{tag}>", f"{trace}</{tag}>", 1), encoding="utf-8")
        with visit(browser, page, address=changed.as_uri()) as seen:
            traces = seen.run(TRACES)
            assert traces["ran"] == "" and traces["ground"] != "rgb(1, 2, 3)"
            assert any("policy" in trouble for trouble in seen.troubles())


# Elements that the templates never write, attributes that run something, and places that lead away.
FOREIGN = """() => ({
  elements: [...document.querySelectorAll("img, iframe, object, embed, video, audio, base, foreignObject, animate, set, use, image")].map((e) => e.outerHTML),
  scripts: document.querySelectorAll("script").length, styles: document.querySelectorAll("style").length,
  handlers: [...document.querySelectorAll("*")].flatMap((e) => [...e.attributes]).filter((a) => /^on|^style$/i.test(a.name)).map((a) => a.name),
  away: [...document.querySelectorAll("[href], [src]")].map((e) => e.getAttribute("href") || e.getAttribute("src")).filter((to) => !/^(#|data:,$)/.test(to)),
  text: document.documentElement.textContent})"""

TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def names(value):
    """All texts of a report, each once."""
    if isinstance(value, dict):
        return set().union(*map(names, value.values()), set())
    if isinstance(value, list):
        return set().union(*map(names, value), set())
    return {value} if isinstance(value, str) else set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_names_stay_text(browser, maker, tell, language):
    page = maker.page("hostile")
    with visit(browser, page, language=language) as seen:
        found = seen.run(FOREIGN)
        assert (found["elements"], found["handlers"], found["away"]) == ([], [], [])
        assert (found["scripts"], found["styles"]) == (1, 1)
        assert seen.troubles() == []
    hostile = {name for name in names(page.report) if any(sign in name for sign in "<>&{'\"\u202e")}
    shown = {name for name in hostile if name.translate(TURNING) in found["text"]}
    assert len(shown) >= 70 and not [letter for letter in found["text"] if ord(letter) in TURNING]
    if language == "en":
        tell(f"hostile: {len(shown)} of {len(hostile)} names that look like markup stand on the page as they are")
