"""Check the links of the built site: ``python docs/check_links.py docs/_build/html``.

Every link to another page, a heading, an image or a file of the site must lead somewhere. Links to other sites are left
to ``make docs-links``.
"""

import re
import sys
from functools import cache
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urldefrag

LINK = re.compile(r'(?:href|src)="([^"]+)"')
PLACE = re.compile(r'(?:id|name)="([^"]+)"')
ELSEWHERE = re.compile(r"[a-z]+:")


@cache
def places(page: Path) -> frozenset[str]:
    """Return the anchors of a page."""
    return frozenset(PLACE.findall(page.read_text(encoding="utf-8")))


def broken(site: Path) -> list[str]:
    """Return the links that lead nowhere, each with its page."""
    found = []
    for page in sorted(site.rglob("*.html")):
        for link in set(LINK.findall(page.read_text(encoding="utf-8"))):
            if ELSEWHERE.match(link):
                continue
            address, anchor = urldefrag(unquote(unescape(link)))
            target = page.parent / address.partition("?")[0] if address else page
            if not target.exists() or (anchor and target.suffix == ".html" and anchor not in places(target.resolve())):
                found.append(f"{page.relative_to(site)} links to {link}, which does not exist")
    return found


if __name__ == "__main__":
    faults = broken(Path(sys.argv[1]))
    print("\n".join(faults), end="\n" * bool(faults))
    sys.exit(bool(faults))
