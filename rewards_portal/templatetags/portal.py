"""What templates write with: icons, points, money, dates."""

import json
import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from api import ids
from api.money import worth as worth_of
from redemptions.models import Order
from redemptions.queries import Reward
from rewards_portal import charts, words

register = template.Library()
ICONS = settings.BASE_DIR / "templates" / "icons"
DAYS_A_YEAR = 365
FORMS = {
    "date": words.short_date,
    "day": words.day_and_month,  # 30 Nov, whatever the year
    "until": words.until,  # in 7 days
    "month": words.month_and_year,  # Nov 2027
}
LONG_NUMBER = 9  # characters, commas counted

register.filter("points", words.points)
register.filter("signed", words.signed)
register.filter("money", words.money)
register.filter("face_value", words.face_value)
register.filter("month", words.month)
register.filter("is_near", words.is_near)
register.filter("last_day", words.last_day)
register.filter("month_name", charts.month_name)
MESSAGE_ICONS = {"points_credited": "star", "reward_ready": "gift", "reward_failed": "undo-2"}


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """Return an icon of templates/icons (lucide) as inline SVG, hidden from screen readers: words stand beside it."""
    return format_html('<svg class="icon {}" viewBox="0 0 24 24" aria-hidden="true">{}</svg>', classes, _shapes(name))


@cache
def _shapes(name: str) -> SafeString:
    text = (ICONS / f"{name}.svg").read_text(encoding="utf-8")
    inner = re.search(r"<svg[^>]*>(.*)</svg>", text, re.DOTALL)
    if inner is None:
        raise ValueError(f"{name}.svg is not an SVG file.")
    return mark_safe(re.sub(r"\s*\n\s*", "", inner[1]))  # noqa: S308 - a file of ours


@register.filter
def worth(number: int) -> str:
    """Return what points are worth in money: `€184.50`."""
    return words.money(*worth_of(number))


@register.simple_tag
def when(moment: date, form: str = "date") -> SafeString:
    """Return a `<time>` element: `30 Nov`, with its year where it is not this one, or in another of FORMS."""
    text = FORMS[form](moment)
    machine = moment.isoformat(timespec="seconds") if isinstance(moment, datetime) else moment.isoformat()
    return format_html('<time datetime="{}">{}</time>', machine, text)


@register.filter
def is_long(number: int) -> bool:
    """Return whether a number is so long that a phone shows it smaller."""
    return len(words.points(number)) >= LONG_NUMBER


@register.simple_tag
def greeting() -> str:
    """Return `Good morning` and its like."""
    return words.greeting()


@register.simple_tag(takes_context=True)
def here(context: dict[str, Any], *names: str) -> SafeString:
    """Return aria-current for a link of the navigation, where the page being shown is one of these."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    return mark_safe('aria-current="page"') if match and match.url_name in names else SafeString("")


@register.simple_tag
def value_range(product: Any, joiner: str = " – ") -> str:
    """Return what a product comes at: `€50 – €200`, or `€10` where there is one value."""
    ends = [words.face_value(value, product.currency) for value in (product.smallest, product.largest)]
    return ends[0] if ends[0] == ends[1] else joiner.join(ends)


@register.filter
def minus(whole: int, part: int) -> int:
    """Return a difference."""
    return whole - part


@register.filter
def in_words(numbers: Iterable[int]) -> str:
    """Return numbers of points as a JSON list of words, for a script that must not write numbers itself."""
    return json.dumps([words.points(number) for number in numbers])


@register.filter
def day_before(day: date) -> date:
    """Return the day before: the last one of what ends on a day."""
    return day - timedelta(days=1)


@register.filter
def validity(days: int) -> str:
    """Return how long something is valid: `24 months` for 730 days, `90 days`."""
    return f"{days // DAYS_A_YEAR * 12} months" if days % DAYS_A_YEAR == 0 else f"{words.points(days)} days"


@register.filter
def negative(number: int) -> int:
    """Return a number as it goes out."""
    return -number


@register.filter
def order_id(order: Order) -> str:
    """Return an order's public id, as its address has it."""
    return ids.public(ids.ORDER, order.pk)


@register.inclusion_tag("redemptions/parts/credit_bar.html")
def credit_bar(reward: Reward) -> dict[str, Any]:
    """Draw a travel credit's bar: solid is left, hatched is held, pale is used; in percent of its face value."""
    left, held = (round(part / reward.face_value * 100, 2) for part in (reward.left, reward.authorised or 0))
    gap = 0.8 if left else 0
    held_x = left + gap
    used_x = held_x + held + (gap if held else 0)
    return {
        "key": reward.id.hex,
        "left": left,
        "held": held,
        "held_x": held_x,
        "used_x": used_x,
        "used": max(0.0, round(100 - used_x, 2)),
    }


@register.filter
def message_icon(kind: str) -> str:
    """Return the name of a message's glyph."""
    return MESSAGE_ICONS.get(kind, "bell")
