"""The format Jaqal for programs compiled for QSCOUT; JaqalPaq and the modules for ions are imported on first use."""

from __future__ import annotations

from compiler.errors import InputError
from compiler.exports.format import ExportInput, Format, same_text


def _write(given: ExportInput) -> str:
    from compiler.exports.jaqal import to_jaqal
    from compiler.machines.ion_file import IonFile, is_qscout, layout_of, steps_of
    from compiler.machines.layout import ION_FILE, read_layout

    if given.profile is None or not is_qscout(given.profile) or given.layout is None:
        raise InputError("Jaqal in hybridlane's dialect needs a profile of QSCOUT; use --profile trapped-ion-qscout")
    file = read_layout(IonFile, given.layout, ION_FILE)
    return to_jaqal(steps_of(given.native, file), layout_of(given.native, given.profile), file.calibration)


FORMAT = Format("jaqal", "program.jaqal", "read back by JaqalPaq", _write, same_text(_write, "Jaqal of this program"))
