"""The colours of the pictures: ground, low, mid and high. The first six have a dark ground, under a white name."""

Palette = tuple[str, str, str, str]

PALETTES: tuple[Palette, ...] = (
    ("14473B", "1E6A57", "8FCBB0", "F2C879"),
    ("A8472A", "CB6A43", "F3B98F", "FBE3C4"),
    ("21406B", "35619B", "9FC0E0", "F4D6A0"),
    ("74273F", "A04561", "E7A0AC", "F6D9C4"),
    ("4A5526", "6F7C38", "B9C27A", "F1E3B0"),
    ("272A31", "434855", "8B93A5", "E8B04F"),
    ("F0DFC0", "E2BE82", "C98B4A", "7A3E22"),
    ("D2E5EB", "9AC5D3", "3F859E", "EFA94A"),
    ("F5D8CE", "EBAC9B", "CC6A57", "6D2A2A"),
    ("D6E9DC", "A1CEB2", "3F8E6B", "EDB25C"),
)
DARK = 6  # how many of them have a dark ground
BLACK = "000000"


def mix(first: str, second: str, share: float) -> str:
    """Return the colour between two, `share` (0–1) of the way to the second, as `RRGGBB`."""
    pairs = [(int(first[i : i + 2], 16), int(second[i : i + 2], 16)) for i in (0, 2, 4)]
    return "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)
