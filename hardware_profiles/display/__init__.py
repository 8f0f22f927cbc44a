"""Show values as pictures with facts: `draw()`, the display of notebooks, and files."""

from hardware_profiles.display.drawable import Drawable, drawn_by
from hardware_profiles.display.picture import Picture

__all__ = ["Drawable", "Picture", "drawn_by"]
