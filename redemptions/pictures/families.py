"""The families of pictures. Weight is bottom right; the upper left third stays empty, for the name."""

import math
from collections.abc import Callable

from redemptions.pictures.canvas import Canvas, number
from redemptions.pictures.palettes import mix


def horizon(c: Canvas) -> None:
    """A low sun over dunes."""
    foot = _foot(c)
    sun_x, radius = c.x(c.dice.between(0.6, 0.74)), c.height * c.dice.between(0.18, 0.215)
    c.circle(sun_x, foot - c.height * 0.255, radius, c.high)
    rise = c.height * c.dice.between(0.02, 0.05)
    c.hill(foot - c.height * 0.165, foot - c.height * 0.2 - rise, c.height * 0.07, c.mid)
    c.hill(foot - c.height * 0.19, foot - c.height * 0.12, -c.height * 0.06, c.low)
    c.hill(foot - c.height * 0.06, foot - c.height * 0.1, c.height * 0.02, mix(c.ground, c.low, 0.5))
    _deep_floor(c, foot)


def route(c: Canvas) -> None:
    """A way over a calm sea, into the sun."""
    foot = _foot(c)
    wide = c.width / c.height > 2  # noqa: PLR2004 - twice as wide as high
    c.circle(c.x(0.82 if wide else 0.76), foot - c.height * 0.21, c.height * c.dice.between(0.17, 0.2), c.high)
    c.hill(foot - c.height * 0.12, foot - c.height * 0.19, c.height * 0.01, c.low)
    c.hill(foot - c.height * 0.04, foot - c.height * 0.08, c.height * 0.05, mix(c.ground, c.low, 0.45))
    _deep_floor(c, foot)
    if not c.small and c.width > c.height:
        _way(c, start=(c.x(0.29 if wide else 0.2), foot - c.height * 0.145))


def peaks(c: Canvas) -> None:
    """Three ranges of mountains, the nearest the quietest."""
    foot = c.floor + c.height * 0.02
    sun_x = c.dice.between(0.78, 0.86)
    slope = c.dice.between(0.78, 0.92)
    ranges = (
        (
            c.mid,
            ((0.05, 0.4), (sun_x - 0.33, 0.47)) if c.has_band else ((0.22, 0.36), (0.48, 0.55), (sun_x + 0.02, 0.35)),
        ),
        (c.low, ((0.42, 0.62), (0.76, 0.6)) if c.has_band else ((0.16, 0.48), (0.39, 0.6), (0.75, 0.55))),
        (
            mix(c.ground, c.low, 0.45),
            ((0.03, 0.8), (0.2, 0.86), (0.42, 0.84), (0.93, 0.84))
            if c.has_band
            else ((0.14, 0.6), (0.36, 0.66), (0.6, 0.72), (0.91, 0.66)),
        ),
    )
    for index, (colour, tops) in enumerate(ranges):
        if index == (1 if c.has_band else 0):
            c.circle(c.x(sun_x), c.y(0.46 if c.has_band else 0.3), c.size(0.12), c.high)
        for x, y in tops:
            top = c.y(y + c.dice.between(-0.03, 0.03))
            left = c.x(x + c.dice.between(-0.03, 0.03))
            run = (foot - top) / slope
            c.polygon([(left - run, foot), (left, top), (left + run, foot)], colour, rounding=c.size(0.025))
    if c.has_band:
        c.band()


def petals(c: Canvas) -> None:
    """One large flower."""
    x, y, length = c.x(c.dice.between(0.68, 0.74)), c.y(0.68), c.height * (0.5 if c.width > c.height else 0.36)
    count, turn = 5 + c.dice.below(3), c.dice.between(0, 60)
    step = 360 / count
    for colour, offset, share in ((c.low, step / 2, 0.94), (c.mid, 0, 1.0)):
        for index in range(count):
            _petal(c, (x, y), length * share, turn + offset + step * index, colour, width=0.30 - count * 0.012)
    c.circle(x, y, length * 0.2, c.high)
    if c.is_dark:
        c.circle(x, y, length * 0.09, c.low)


def scallops(c: Canvas) -> None:
    """Rows of round shells that lap over each other."""
    radius = c.size(0.13)
    light = mix(c.low, c.ground, 0.38)
    shift, rows = c.dice.below(3), math.ceil(c.floor * 0.6 / (radius * 1.22)) + 1
    for row in range(rows):
        y = c.y(0.6) + row * radius * 1.22
        left = -radius if row % 2 else 0.0
        for column in range(math.ceil(c.width / radius / 2) + 2):
            colour, heart = ((c.mid, c.high), (light, c.low), (c.low, c.ground))[(column * 2 + row * 2 + shift) % 3]
            x = left + column * radius * 2
            c.circle(x, y, radius, colour)
            c.circle(x, y, radius * 0.4, heart)


def books(c: Canvas) -> None:
    """A shelf."""
    width = c.size(0.158)
    count = max(3, round(c.width / (width + c.size(0.02))))
    step = c.width / count
    golden = {1 + c.dice.below(2), count - 2 - c.dice.below(2)}
    colours = (c.mid, mix(c.ground, c.low, 0.6), c.mid, c.low, c.mid, mix(c.ground, c.low, 0.6), c.low)
    shift = c.dice.below(len(colours))
    for index in range(count):
        colour = c.high if index in golden else colours[(index + shift) % len(colours)]
        tall = 0.5 if index in golden else (0.4 if colour == c.mid else 0.27)
        height = c.size(tall + c.dice.between(-0.05, 0.08)) * c.floor / c.height
        left, top, wide, corner = index * step + step * 0.06, c.floor - height, step * 0.88, c.size(0.02)
        c.path(_upright(left, top, wide, c.height, corner), colour)
        label = mix(colour, c.ground if c.is_dark else c.high, 0.55)
        c.stroke(
            f"M{number(left + wide * 0.26)} {number(top + c.size(0.07))}h{number(wide * 0.48)}", label, c.size(0.017)
        )


def orbits(c: Canvas) -> None:
    """Rings of light with three moons on their way."""
    x = c.x(0.735 if c.width > c.height else 0.6)
    y, unit = c.y(0.7), c.height * (0.47 if c.width > c.height else 0.36)
    for share, colour in ((1.0, c.low), (0.74, mix(c.low, c.mid, 0.5)), (0.48, c.mid), (0.245, c.high)):
        c.circle(x, y, unit * share, colour)
    for share, moon in ((1.0, 0.075), (0.74, 0.06), (0.48, 0.05)):
        angle = math.radians(c.dice.between(195, 300))
        c.circle(x + math.cos(angle) * unit * share, y + math.sin(angle) * unit * share, unit * moon, c.high)


def tiles(c: Canvas) -> None:
    """Squares, quarters and halves, stepping up to the right; no two neighbours of one colour."""
    side = c.floor / (3.6 if c.small else 4.6)
    columns = math.ceil(c.width / side)
    colours = (c.mid, c.low, mix(c.low, c.mid, 0.5))
    golden = (c.dice.below(2), 1 + c.dice.below(2))
    shift, before = c.dice.below(3), 0
    for column in range(columns):
        share = column / columns
        rows = 3 if share < 0.3 else 2 if share < 0.62 else 1  # noqa: PLR2004 - thirds of the width, about
        before = (before + 1 + c.dice.below(2)) % 3
        for row in range(rows):
            colour = c.high if (row, column) == golden else colours[(before + row + shift) % 3]
            _tile(c, c.width - (column + 1) * side, c.floor - (row + 1) * side, side, colour)


def weave(c: Canvas) -> None:
    """Threads that run upwards to the right, and one bead."""
    thickness, step = c.size(0.07), c.size(0.235)
    lean = c.dice.between(0.95, 1.2)
    colours = (c.low, c.mid, mix(c.ground, c.low, 0.5))
    shift, top = c.dice.below(3), c.y(0.3)
    bead_x, bead_y = c.x(0.8), c.y(0.7)
    count = math.ceil((c.width + c.height * lean) / step) + 1
    for index in range(count):
        end = c.x(0.38) + index * step
        start_y = c.floor + thickness
        if end - (start_y - top) * lean < -c.width * 0.35 and index:
            continue
        d = f"M{number(end)} {number(top)}L{number(end - (start_y - top) * lean)} {number(start_y)}"
        c.stroke(d, colours[(index + shift) % 3], thickness)
    c.circle(bead_x, bead_y, c.size(0.155), c.high)


def arches(c: Canvas) -> None:
    """Doorways, one in another."""
    outer = c.size(0.196)
    count = max(2, round(c.width / (outer * 2.42)))
    gap = c.width / count
    tallest = c.dice.below(2) + (count - 1) // 2 if count > 2 else 1  # noqa: PLR2004
    light = mix(c.low, c.ground, 0.55)
    for index in range(count):
        share = 0.55 if index == tallest else c.dice.between(0.38, 0.46)
        crown = c.floor - c.size(share) * c.floor / c.height + outer
        x = gap * (index + 0.5) + gap * 0.02
        for ring, colour in enumerate((c.low, c.mid, light, c.high)):
            radius = outer * (1.0, 0.72, 0.44, 0.27)[ring]
            c.path(_arch(x, crown + (outer * 0.12 if ring == 3 else 0), radius, c.height), colour)  # noqa: PLR2004


def contours(c: Canvas) -> None:
    """The lines of a map, or of a river."""
    colours = (c.low, c.mid, c.low, c.high, c.low, c.mid, c.low)
    thickness, step = c.size(0.034), c.size(0.088)
    half, drift = c.width * c.dice.between(0.42, 0.6) / max(1.0, c.width / c.height / 1.6), c.dice.between(-0.09, -0.04)
    phase, swing = c.dice.between(-0.9, -0.3), c.size(0.055)
    for index in range(math.ceil(c.floor * 0.58 / step) + 2):
        y = c.y(0.49) + index * step
        c.stroke(_wave(c, y, swing, half, phase + index * drift), colours[index % len(colours)], thickness)


def arcs(c: Canvas) -> None:
    """Quarter rings round the lower right corner."""
    unit = min(c.floor, c.width * 0.66) * c.dice.between(0.96, 1.06)
    rings = (
        ((0.98, 0.8, c.low), (0.61, 0.43, c.mid)),
        ((0.98, 0.86, c.low), (0.75, 0.63, c.mid), (0.52, 0.4, mix(c.low, c.mid, 0.45))),
        ((0.98, 0.74, c.low), (0.74, 0.5, c.mid)),
    )[c.dice.below(3)]
    for outer, inner, colour in rings:
        middle, thickness = (outer + inner) / 2 * unit, (outer - inner) * unit
        start, radius = f"M{number(c.width - middle)} {number(c.floor)}", number(middle)
        d = f"{start}A{radius} {radius} 0 0 1 {c.width} {number(c.floor - middle)}"
        c.stroke(d, colour, thickness)
    c.circle(c.width, c.floor, unit * 0.25, c.high)


FAMILIES: dict[str, Callable[[Canvas], None]] = {
    family.__name__: family
    for family in (horizon, route, peaks, petals, scallops, books, orbits, tiles, weave, arches, contours, arcs)
}


def _foot(c: Canvas) -> float:
    """Return where the land begins: on the band, or on a strip of its own."""
    return c.floor if c.has_band else c.height * 0.78


def _deep_floor(c: Canvas, foot: float) -> None:
    """Draw the nearest land, dark and flat."""
    c.hill(foot, foot - c.height * 0.015, -c.height * 0.035, c.deep)


def _way(c: Canvas, *, start: tuple[float, float]) -> None:
    """Draw a dotted way from a ring to a paper plane."""
    white = "FFFFFF"
    (x0, y0), (x1, y1) = start, (c.x(0.615), c.height * 0.15)
    bend_x, bend_y = x0 + (x1 - x0) * 0.55, y0 - c.height * 0.02
    angle = math.degrees(math.atan2(y1 - bend_y, x1 - bend_x))
    unit = c.height / 214
    thick = 2.6 * unit
    back = 16 * unit
    x2, y2 = x1 - math.cos(math.radians(angle)) * back, y1 - math.sin(math.radians(angle)) * back
    curve = f"M{number(x0)} {number(y0)}Q{number(bend_x)} {number(bend_y)} {number(x2)} {number(y2)}"
    c.stroke(curve, white, thick, extra=f' stroke-dasharray="0 {number(8.4 * unit)}"')
    c.circle(x0, y0, 8 * unit, white)
    c.circle(x0, y0, 4.6 * unit, c.ground)
    turned = f' transform="translate({number(x1)} {number(y1)}) rotate({number(angle)}) scale({unit:.2f})"'
    c.add(f'<path fill="#{white}"{turned} d="M18 0-14-11.5-8 0-14 11.5z"/>')


def _petal(c: Canvas, centre: tuple[float, float], length: float, angle: float, colour: str, *, width: float) -> None:
    """Draw one petal from the centre outwards, at an angle in degrees."""
    x, y = centre
    half = length * width
    d = f"M0 0C{number(length * 0.3)} {number(-half * 1.25)} {number(length)} {number(-half * 1.15)} {number(length)} 0"
    d += f"S{number(length * 0.3)} {number(half * 1.25)} 0 0z"
    c.add(f'<path fill="#{colour}" transform="translate({number(x)} {number(y)}) rotate({number(angle)})" d="{d}"/>')


def _upright(left: float, top: float, wide: float, bottom: float, corner: float) -> str:
    """Return the path of a box with its upper corners rounded."""
    n = number
    return (
        f"M{n(left)} {n(bottom)}V{n(top + corner)}q0 {n(-corner)} {n(corner)} {n(-corner)}h{n(wide - 2 * corner)}"
        f"q{n(corner)} 0 {n(corner)} {n(corner)}V{n(bottom)}z"
    )


def _arch(x: float, crown: float, radius: float, bottom: float) -> str:
    """Return the path of a round-headed doorway; `crown` is the height of the circle's centre."""
    n = number
    return f"M{n(x - radius)} {n(bottom)}V{n(crown)}a{n(radius)} {n(radius)} 0 0 1 {n(radius * 2)} 0V{n(bottom)}z"


def _tile(c: Canvas, left: float, top: float, side: float, colour: str) -> None:
    """Draw one tile: whole, a quarter, a half or a disc."""
    n, kind, turn = number, c.dice.below(6), c.dice.below(4)
    if kind == 0:
        c.path(f"M{n(left)} {n(top)}h{n(side)}v{n(side)}h{n(-side)}z", colour)
    elif kind == 1:
        c.circle(left + side / 2, top + side / 2, side / 2, colour)
    else:
        half = side / 2
        d = f"M{n(-half)} {n(half)}V{n(-half)}A{n(side)} {n(side)} 0 0 1 {n(half)} {n(half)}z"
        if kind == 2:  # noqa: PLR2004
            d = f"M{n(-half)} {n(half)}A{n(half)} {n(half)} 0 0 1 {n(half)} {n(half)}z"
        place = f"translate({n(left + half)} {n(top + half)}) rotate({turn * 90})"
        c.add(f'<path fill="#{colour}" transform="{place}" d="{d}"/>')


def _wave(c: Canvas, y: float, swing: float, half: float, phase: float) -> str:
    """Return a path across the box that swings up and down, `half` a wave at a time."""
    n, x, up = number, phase * half, True
    d = f"M{n(x)} {n(y + swing)}"
    while x < c.width + half:
        here, there = n(y + swing if up else y - swing), n(y - swing if up else y + swing)
        d += f"C{n(x + half / 2)} {here} {n(x + half / 2)} {there} {n(x + half)} {there}"
        x, up = x + half, not up
    return d
