"""What the families draw with: a box, a palette, and dice that always fall the same way for one name."""

import hashlib
from collections.abc import Iterator, Sequence

from redemptions.pictures.palettes import BLACK, DARK, PALETTES, Palette, mix

BAND = 0.38  # of the height, at the bottom
Point = tuple[float, float]


class Dice:
    """Choices that the name decides: the bytes of its digest from the third on, and then of the digest's digest."""

    def __init__(self, digest: bytes) -> None:
        self._bytes = self._stream(digest)

    @staticmethod
    def _stream(digest: bytes) -> Iterator[int]:
        yield from digest[2:]
        while True:
            digest = hashlib.sha256(digest).digest()
            yield from digest

    def between(self, low: float, high: float) -> float:
        """Return a number from low to high."""
        return low + (high - low) * next(self._bytes) / 255

    def below(self, number: int) -> int:
        """Return a whole number from 0 up to, not including, this one."""
        return next(self._bytes) % number


class Canvas:
    """A box of `width` × `height` units, y downwards, with its ground painted.

    `floor` is where the composition stands: the bottom, or the top of the band where there is one.
    `size` scales the pieces with the height, and makes them larger in a small picture.
    """

    def __init__(self, width: int, height: int, palette: Palette, dice: Dice, *, band: bool, small: bool) -> None:
        self.width, self.height, self.dice, self.has_band, self.small = width, height, dice, band, small
        self.ground, self.low, self.mid, self.high = palette
        self.is_dark = PALETTES.index(palette) < DARK
        self.floor = height * (1 - BAND) if band else float(height)
        self.parts: list[str] = []
        self.add(f'<path fill="#{self.ground}" d="M0 0H{width}V{height}H0z"/>')

    @property
    def deep(self) -> str:
        """Return the colour of the band: the ground with black, so much that white text on it has 9.4 or more."""
        return mix(self.ground, BLACK, 0.3 if self.is_dark else 0.74)

    def x(self, share: float) -> float:
        """Return how far right a share of the width is."""
        return share * self.width

    def y(self, share: float) -> float:
        """Return how far down a share of the height is, of the height above the band where there is one."""
        return share * self.floor

    def size(self, share: float) -> float:
        """Return a length as a share of the height; larger in a small picture."""
        return share * self.height * (1.4 if self.small else 1)

    def add(self, part: str) -> None:
        """Put an element on top."""
        self.parts.append(part)

    def path(self, d: str, colour: str) -> None:
        """Fill a path."""
        self.add(f'<path fill="#{colour}" d="{d}"/>')

    def polygon(self, points: Sequence[Point], colour: str, *, rounding: float = 0) -> None:
        """Fill a polygon, its corners rounded by so much."""
        d = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points) + "z"
        edge = f' stroke="#{colour}" stroke-width="{number(rounding)}" stroke-linejoin="round"' if rounding else ""
        self.add(f'<path fill="#{colour}"{edge} d="{d}"/>')

    def stroke(self, d: str, colour: str, thickness: float, *, extra: str = "") -> None:
        """Draw along a path, with round ends."""
        self.add(
            f'<path fill="none" stroke="#{colour}" stroke-width="{number(thickness)}" stroke-linecap="round"'
            f'{extra} d="{d}"/>'
        )

    def circle(self, x: float, y: float, radius: float, colour: str) -> None:
        """Fill a circle."""
        self.add(f'<circle fill="#{colour}" cx="{number(x)}" cy="{number(y)}" r="{number(radius)}"/>')

    def hill(self, left: float, right: float, bend: float, colour: str) -> None:
        """Fill everything below a gentle wave that runs from `left` to `right` (heights) and bends by so much."""
        w, h = self.width, self.height
        curve = (
            f"C{number(w * 0.3)} {number(left - bend)} {number(w * 0.62)} {number(right + bend)} {w} {number(right)}"
        )
        self.path(f"M0 {number(left)}{curve}V{h}H0z", colour)

    def band(self) -> None:
        """Draw the flat shape that a price stands on."""
        bend = self.height * 0.025
        self.hill(self.floor + bend * 0.2, self.floor - bend * 0.2, bend, self.deep)


def number(value: float) -> str:
    """Return a coordinate with one decimal at most: half the bytes, the same picture."""
    return f"{round(value, 1) + 0:g}"
