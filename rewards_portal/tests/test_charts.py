"""The geometry of the statement's chart and of the lots bar."""

from datetime import UTC, datetime

import pytest

from rewards_portal import charts, lots
from rewards_portal.queries import Month, Year
from wallets.queries import Expiring, Wallet

AT = datetime(2026, 11, 30, tzinfo=UTC)


def year(**months: tuple[int, int, int]) -> Year:
    given = {int(name[1:]): values for name, values in months.items()}
    return Year(2026, [Month(number, *given.get(number, (0, 0, 0))) for number in range(1, 13)], 0)


def test_up_is_in_and_down_is_out_with_what_expired_beneath() -> None:
    chart = charts.up_and_down(year(m3=(6000, 10000, 0), m10=(5000, 5000, 400)))

    bars = [(bar.kind, bar.y < chart.zero) for bar in chart.bars]
    assert bars == [("in", True), ("out", False), ("in", True), ("out", False), ("gone", False)]
    out, gone = chart.bars[3:]
    assert gone.y == pytest.approx(out.y + out.height + 2, abs=0.2)
    assert [tick.word for tick in chart.ticks] == ["10k", "5k", "0", "5k"]


@pytest.mark.parametrize("size", [charts.WIDE, charts.PHONE])
@pytest.mark.parametrize("peak", [1, 99, 12_345, 7_654_321])
def test_no_bar_leaves_the_box_and_there_are_few_lines(size: tuple[int, int], peak: int) -> None:
    chart = charts.up_and_down(year(m1=(peak, 0, 0), m2=(0, peak // 2, peak // 3)), size)

    assert all(bar.y >= 0 and bar.y + bar.height <= chart.height - 20 for bar in chart.bars)
    assert all(chart.left <= bar.x and bar.x + bar.width <= chart.width for bar in chart.bars)
    assert len(chart.ticks) <= 7


def test_a_month_with_one_point_is_still_seen() -> None:
    chart = charts.up_and_down(year(m1=(1, 0, 0), m2=(1_000_000, 0, 0)))

    assert chart.bars[0].height == charts.BAR_LEAST


def wallet(available: int, *expiring: int, held: int = 0) -> Wallet:
    dates = [Expiring(points=points, expires_at=AT.replace(year=2026 + n)) for n, points in enumerate(expiring)]
    return Wallet(available=available, held=held, expiring=dates)


def test_the_lots_bar_has_the_next_the_one_after_and_the_rest() -> None:
    parts = lots.bar(wallet(18_450, 650, 1800, 10_000, 6000))

    assert [(part.kind, part.points, part.is_range) for part in parts] == [
        ("next", 650, False),
        ("then", 1800, False),
        ("rest", 16_000, True),
    ]
    assert parts[2].expires_at == AT.replace(year=2028)


def test_the_rest_without_a_date_never_expires_and_what_is_held_counts() -> None:
    parts = lots.bar(wallet(900, 500, held=100))

    assert [(part.kind, part.points, part.expires_at) for part in parts] == [("next", 500, AT), ("then", 500, None)]


@pytest.mark.parametrize("expiring", [(1, 1), (650, 1800), (18_448, 1), (18_450,)])
def test_the_bar_is_full_and_no_part_is_too_thin(expiring: tuple[int, ...]) -> None:
    parts = lots.bar(wallet(18_450, *expiring))

    assert parts[-1].x + parts[-1].width == pytest.approx(100, abs=0.05)
    assert all(part.width >= 3.9 for part in parts)


def test_an_empty_wallet_has_no_bar() -> None:
    assert lots.bar(wallet(0)) == []
