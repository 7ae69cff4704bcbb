"""A visit to a page in the browser: how it is opened, and what a browser complains of meanwhile."""

import contextlib

# A page that breaks its own policy says so by an event, wherever in it that happens.
WATCH = """
window.broken = [];
addEventListener("securitypolicyviolation", (event) => window.broken.push(`${event.violatedDirective}: ${event.sample || event.blockedURI}`));
"""

LOCALES = {"en": "en-GB", "zh": "zh-CN"}


class Visit:
    """An open page, with everything that went wrong."""

    def __init__(self, tab):
        self.tab = tab
        self.complaints = []
        self.requests = []
        tab.on("console", lambda message: self.complaints.append(f"console {message.type}: {message.text}"))
        tab.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        tab.on("dialog", self.dialog)
        tab.on("request", lambda request: self.requests.append(request.url))

    def dialog(self, dialog):
        """Nothing on the page asks anything."""
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def run(self, script, *argument):
        """The value of a script in the page."""
        return self.tab.evaluate(script, *argument)

    def troubles(self):
        """Complaints, breaches of the policy, and every request but the one for the page itself."""
        broken = [f"policy: {breach}" for breach in self.run("window.broken")]
        pages = [url for url in self.requests if url.split("#")[0] == self.tab.url.split("#")[0]]
        strange = [f"request: {url}" for url in self.requests if url not in pages and url != "data:,"]
        assert pages, "the page was not asked for"
        return self.complaints + broken + strange


@contextlib.contextmanager
def visit(browser, page, *, width=1280, height=900, language="en", theme="light", address=None, script=True):
    """The page at a width, for a reader whose system has that language and is light or dark."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, locale=LOCALES[language], reduced_motion="reduce",
        java_script_enabled=script,
    )
    context.add_init_script(WATCH)
    try:
        seen = Visit(context.new_page())
        seen.tab.goto(address or page.address, wait_until="load")
        yield seen
    finally:
        context.close()
