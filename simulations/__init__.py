"""Simulation: circuits of the compiler in, outcomes out."""

from hardware_profiles.display import drawn_by

drawn_by(
    {
        "simulations.exact.outcomes:Outcomes": "simulations.display.pictures:outcomes_picture",
        "simulations.programs.budget:Budget": "simulations.display.pictures:budget_picture",
    }
)
