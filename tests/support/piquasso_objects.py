"""Objects with the structure that Piquasso documents: programs with instructions, each with modes and params.

The package is no dependency of this project; `read_piquasso` needs the names of classes, and nothing else of it.
"""


class Program:
    """Stands for ``piquasso.Program``."""

    __module__ = "piquasso.api.program"

    def __init__(self, instructions):
        self.instructions = list(instructions)


def instruction(name, *modes, condition=None, module="piquasso.instructions.gates", **params):
    """Stands for ``pq.NAME(**params).on_modes(*modes)``."""
    made = type(name, (), {"__module__": module})()
    made.modes, made.params, made.condition = modes, params, condition
    return made
