"""Pictures: what is saved, what is escaped, what is refused; and pictures of every shipped profile."""

import re
from base64 import b64decode
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from hardware_profiles import InputError, load_profile, profile_names
from hardware_profiles.display import Drawable, Picture, drawn_by
from hardware_profiles.display.profiles import couplings


class Page(HTMLParser):
    """Collects the tags, attributes and text of a piece of HTML; its void tags need no end."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], [], {}, ""
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes[tag] = dict(attrs)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def picture(title="A drawing", facts=(), content=b'<svg xmlns="http://www.w3.org/2000/svg"/>'):
    return Picture(title, facts, {".svg": lambda: content})


def test_names_and_values_are_escaped():
    evil = '<script>alert("1")</script>&'
    page = Page(picture(f"A {evil}", ((evil, f"x{evil}"),))._repr_html_())
    assert "script" not in page.tags and page.tags.count("tr") == 1
    assert page.text == f"A {evil}{evil}x{evil}" and page.attributes["img"]["alt"] == f"A {evil}"


def test_the_image_of_the_page_is_the_drawing():
    content = "<svg>η &amp; |0⟩</svg>".encode()
    source = Page(picture(content=content)._repr_html_()).attributes["img"]["src"]
    head, data = source.split(",")
    assert head == "data:image/svg+xml;base64" and b64decode(data) == content


def test_a_picture_is_saved_whole_or_refused(tmp_path):
    path = tmp_path / "drawing.SVG"
    assert picture().save(path) == path and path.read_bytes() == picture().svg.encode()
    with pytest.raises(InputError, match=r"\.gif: the file name of this drawing must end in \.svg$"):
        picture().save(tmp_path / "drawing.gif")
    with pytest.raises(InputError, match=r"cannot write .*absent.x\.svg: No such file"):
        picture().save(tmp_path / "absent" / "x.svg")
    with pytest.raises(InputError, match="cannot write"):
        picture().save(tmp_path.rename(tmp_path.with_name("folder.svg")))
    assert [p.name for p in tmp_path.with_name("folder.svg").iterdir()] == ["drawing.SVG"]


class Box(Drawable):
    """A class of another package."""


class SmallBox(Box):
    """A subclass, which is drawn in the same way."""


class Bare(Drawable):
    """A class without a drawing."""


def drawing_of(value):
    return picture(type(value).__name__)


def test_other_packages_register_drawings(monkeypatch):
    monkeypatch.setattr("hardware_profiles.display.drawable.import_module", lambda name: {"here": Here}[name])
    monkeypatch.setattr("hardware_profiles.display.drawable._DRAWN_BY", {})
    drawn_by({f"{Box.__module__}:Box": "here:drawing_of"})
    assert Box().draw().title == "Box" and SmallBox().draw().title == "SmallBox"
    assert "SmallBox" in SmallBox()._repr_html_()
    with pytest.raises(TypeError, match="Bare has no drawing: register one"):
        Bare().draw()


class Here:
    """Stands for the module that draws."""

    drawing_of = staticmethod(drawing_of)


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_is_drawn_with_all_its_operations(name):
    profile = load_profile(name)
    made = profile.draw()
    texts = [text.get_text() for axes in made.figure.axes for text in axes.texts]
    assert set(texts) >= set(profile.operations)
    assert texts.count("native") == sum(profile.is_native(operation) for operation in profile.operations)
    assert profile.description in Page(profile._repr_html_()).text
    assert ElementTree.fromstring(made.svg).tag.endswith("svg")
    assert len(repr(profile)) < 160 and repr(profile) == str(profile) and name in repr(profile)


def test_couplings_are_those_of_the_topology():
    assert set(couplings(load_profile("xanadu-x8"), 8)) == set(load_profile("xanadu-x8").topology.pairs)
    borealis = load_profile("xanadu-borealis")
    delays = {int(loop.delay_bins.value) for loop in borealis.topology.loops}
    assert {b - a for a, b in couplings(borealis, 40)} == delays and len(delays) == 3
    assert sum(b - a == max(delays) for a, b in couplings(borealis, 40)) == 40 - max(delays)
    line = borealis.model_copy(update={"topology": borealis.topology.model_copy(update={"kind": "line", "loops": ()})})
    assert couplings(line, 4) == list(pairwise(range(4)))


def test_a_profile_is_written_as_a_raster_image(tmp_path):
    load_profile("xanadu-x8").draw(tmp_path / "x8.png")
    assert re.match(rb"\x89PNG\r\n", (tmp_path / "x8.png").read_bytes())
