"""Reads one language of a page and compares it with what its report says; keeps what was compared, so that what was not
can be found."""

import re

from lxml import html

# Signs that turn the direction of what follows; the page leaves them out of names.
TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])

DIGITS = re.compile(r"\d[\d,.]*")


class Reading:
    """One language of a page, as it is compared."""

    def __init__(self, text, language):
        self.language = language
        tree = html.fromstring(text)
        (self.root,) = tree.xpath(f"//div[contains(@class, 'page in-{language}')]")
        self.compared = set()
        self.numbers = 0
        self.differences = []
        self.left_over = []

    def one(self, path, under=None):
        """The only element at a path."""
        found = self.all(path, under)
        assert len(found) == 1, f"{len(found)} × {path}"
        return found[0]

    def all(self, path, under=None):
        """The elements at a path."""
        return (self.root if under is None else under).xpath(path)

    def by_id(self, name, under=None):
        """The element of an id."""
        return self.one(f".//*[@id='{self.language}-{name}']", under)

    def card(self, name):
        """The article that a heading names."""
        return self.one(f".//article[@aria-labelledby='{self.language}-{name}']")

    def expect(self, element, wanted, what=""):
        """The element's words are these; its numbers count as compared."""
        found, wanted = " ".join(said(element).split()), " ".join(str(wanted).translate(TURNING).split())
        self.compared.add(element)
        self.numbers += len(DIGITS.findall(wanted))
        if found != wanted:
            self.differences.append(f"{what or element.tag}: {found!r} stands on the page, the report says {wanted!r}")

    def attribute(self, element, name, wanted):
        """The words of an attribute are these."""
        self.numbers += len(DIGITS.findall(wanted))
        if element.get(name) != wanted:
            self.differences.append(f"{name}: {element.get(name)!r} stands on the page, the report says {wanted!r}")

    def rows(self, table, wanted):
        """Every row of a table, its head and foot included, is that; None stands for a cell without words."""
        rows = self.all(".//tr", table)
        if len(rows) != len(wanted):
            self.differences.append(f"{len(rows)} rows of {len(wanted)}: {[' '.join(said(row).split()) for row in rows]}")
        for row, cells in zip(rows, wanted, strict=False):
            found = self.all("./th | ./td[not(@class='draw')]", row)
            if len(found) != len(cells):
                self.differences.append(f"{len(found)} cells of {len(cells)}: {[said(cell) for cell in found]}, {cells}")
            for cell, text in zip(found, cells, strict=False):
                self.expect(cell, text or "", f"a table's row {cells[0]!r}")

    def find_left_over(self, fixed):
        """Texts with a number that nothing was compared with; fixed words, queries and codes hold no figure."""
        skip = ("pre", "code")
        for element in self.root.iter():
            for text, owner in ((element.text, element), (element.tail, element.getparent())):
                if not text or not DIGITS.search(text):
                    continue
                above = [owner, *owner.iterancestors()]
                if any(part in self.compared or part.tag in skip for part in above):
                    continue
                if " ".join(text.split()) not in fixed:
                    self.left_over.append((" ".join(text.split()), owner.tag, owner.get("class")))


def said(element):
    """The words of an element, without those that are there for titles of marks."""
    return element.text_content()
