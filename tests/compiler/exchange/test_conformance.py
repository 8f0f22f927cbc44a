"""The page on conformance is what trying gives today, and tries everything."""

from absent_packages import needs
from places import DOCS

from compiler.exchange.conformance import page
from compiler.exchange.samples import OPERATIONS_TRIED, PROGRAMS_TRIED
from compiler.imports.strawberryfields.package import strawberryfields
from compiler.ir.operations import OPERATIONS

NOT_TRIED = {"New"}
"""New gives back modes that a script must assign, which is not one command."""


@needs("strawberryfields", "mrmustard", "openqasm3")
def test_the_page_is_up_to_date():
    made = page()
    assert made == (DOCS / "conformance.md").read_text(encoding="utf-8"), (
        "write it again: python -m compiler.exchange.conformance docs/conformance.md"
    )
    assert "WRONG" not in made


def test_every_operation_of_both_is_tried():
    assert {name for name, circuit in OPERATIONS_TRIED if len(circuit.operations) == 1} == set(OPERATIONS)
    assert all(type(circuit.operations[0]).__name__ == name for name, circuit in OPERATIONS_TRIED[: len(OPERATIONS)])
    tried = {step.name for one in PROGRAMS_TRIED for step in one.steps}
    assert set(strawberryfields().ops.__all__) - tried == NOT_TRIED


def test_scripts_and_objects_are_one_program():
    """The script of every sample, read as text, against the object: the same count of commands."""
    sf = strawberryfields()
    for one in PROGRAMS_TRIED:
        assert one.script.count(" | ") == len(one.steps)
        wanted = sum(len(step.modes) if step.name == "All" else 1 for step in one.steps)
        assert len(one.made(sf).circuit) == wanted
