"""What must hold of every report page."""

import re
from html.parser import HTMLParser


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.loaded, self.links, self.anchors, self.alts, self.tables = [], [], set(), [], []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.loaded += [given[name] for name in ("src", "data") if name in given]
        if tag == "a":
            self.links.append(given["href"])
        if "id" in given:
            self.anchors.add(given["id"])
        if given.get("role") == "img":
            self.alts.append(given.get("aria-label", ""))
        if tag == "table":
            self.tables.append([])
        if tag in ("th", "td") and self.tables:
            self.tables[-1].append(given.get("class", ""))


def assert_page_holds(html, folder):
    """Check that the page loads nothing, that its links lead somewhere, and that figures have numbers and texts."""
    page = _Page()
    page.feed(html)
    assert page.loaded == []
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.anchors, link
        elif not link.startswith("https://arxiv.org/"):
            assert (folder / link).is_file(), link
    names = re.findall(r'\bid="([^"]+)"', html)
    assert len(set(names)) == len(names)  # of parts of drawings, too
    assert set(re.findall(r'(?:href="|url\()#([^")]+)', html)) <= set(names)
    for table in (folder / "tables").glob("*.csv"):
        assert f'href="tables/{table.name}"' in html
    figures = html.count("<figure")
    assert len(page.alts) == figures and all(len(alt) > 20 for alt in page.alts)
    assert re.findall(r"<b>Figure (\d+)\.</b>", html) == [str(i + 1) for i in range(figures)]
    assert html.count("<table") == html.count('<div class="scroll"><table')
    assert any("n" in table for table in page.tables)
    assert html.index('id="summary"') < html.index("<nav") < html.index("<figure")
    for table in re.findall(r"<table.*?</table>", html, re.DOTALL):
        heads = re.findall(r"<th([^>]*)>", table)
        for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)[1:]:
            cells = re.findall(r"<td([^>]*)>", row)
            if len(cells) == len(heads):  # no cell spans columns: headers and cells are aligned alike
                assert [' class="n"' in cell for cell in cells] == [' class="n"' in head for head in heads]
