import pytest

from api import money


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("25.00", "EUR", 2500), ("25", "EUR", 2500), ("0.1", "EUR", 10), ("250", "JPY", 250), ("1.250", "KWD", 1250)],
)
def test_an_amount_is_read_in_minor_units(amount, currency, minor):
    assert money.minor_units(amount, currency) == minor


@pytest.mark.parametrize("amount", ["", "-1", "1,00", "1e2", ".5", "5.", "NaN", "٣", "1" * 13, " 1", "1.0\n"])
def test_what_is_no_plain_decimal_is_refused(amount):
    with pytest.raises(ValueError, match="is not an amount"):
        money.minor_units(amount, "EUR")


@pytest.mark.parametrize(("amount", "currency"), [("25.001", "EUR"), ("250.0", "JPY")])
def test_an_amount_finer_than_its_currency_is_refused(amount, currency):
    with pytest.raises(ValueError, match=f"{currency} has"):
        money.minor_units(amount, currency)


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [(2500, "EUR", "25.00"), (5, "EUR", "0.05"), (250, "JPY", "250"), (1250, "KWD", "1.250"), (0, "EUR", "0.00")],
)
def test_minor_units_are_shown_with_the_places_of_their_currency(minor, currency, shown):
    assert money.amount(minor, currency) == shown
    assert money.as_json(minor, currency) == {"amount": shown, "currency": currency}


def test_points_are_worth_what_the_settings_say_rounded_down(settings):
    settings.POINTS_PER_UNIT, settings.POINTS_CURRENCY = 300, "EUR"
    assert money.worth(1000) == (333, "EUR")
