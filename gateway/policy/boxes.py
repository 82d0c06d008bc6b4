"""Sets that can be reckoned with. An *axis* has a few *cells*; a *box* is a set of cells on some axes (an integer with
a bit a cell) and everything on the others; a region is some boxes, which may overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

Axis = tuple[str, ...]
Box = Mapping[Axis, int]
Region = tuple[Box, ...]
ANYWHERE: Box = MappingProxyType({})
EVERYTHING: Region = (ANYWHERE,)
NOTHING: Region = ()


class TooMany(Exception):
    """More boxes than are worth reckoning with."""


@dataclass(slots=True)
class Reckoning:
    """Regions joined and taken from each other, as long as there is work left: a step for each pair of boxes that is
    looked at. `cells` are all cells of an axis.
    """

    cells: Callable[[Axis], int]
    work: int

    def spend(self, pairs: int) -> None:
        self.work -= pairs
        if self.work < 0:
            raise TooMany

    def joined(self, first: Region, second: Region) -> Region:
        """Where both hold."""
        self.spend(len(first) * len(second))
        return tuple(both for one in first for other in second if (both := meeting(one, other)) is not None)

    def without(self, region: Region, taken: Region) -> Region:
        """What is left of the region when `taken` is taken out of it."""
        for box in taken:
            self.spend(len(region))
            region = tuple(piece for one in region for piece in self.outside(one, box))
        return region

    def outside(self, box: Box, taken: Box) -> Iterator[Box]:
        """The box less another, as boxes that do not overlap: axis by axis, the part that the other does not have."""
        if not meets(box, taken):
            yield box
            return
        rest = dict(box)
        for axis, cells in taken.items():
            own = rest.get(axis) or self.cells(axis)
            if own & ~cells:
                yield {**rest, axis: own & ~cells}
            rest[axis] = own & cells


def meeting(one: Box, other: Box) -> Box | None:
    """The cells that both have; None when there are none on some axis."""
    made = dict(one)
    for axis, cells in other.items():
        made[axis] = made.get(axis, cells) & cells
        if not made[axis]:
            return None
    return made


def meets(one: Box, other: Box) -> bool:
    if len(other) < len(one):
        one, other = other, one
    return all(cells & other.get(axis, cells) for axis, cells in one.items())


def outline(region: Region) -> Box | None:
    """The smallest box around the region; None around nothing."""
    if not region:
        return None
    made = dict(region[0])
    for box in region[1:]:
        made = {axis: cells | box[axis] for axis, cells in made.items() if axis in box}
    return made
