"""Product pictures: the same every time, safe in a strict page, readable."""

import itertools
from xml.etree import ElementTree

import pytest
from django.test import Client

from redemptions.enums import Category
from redemptions.models import Product
from redemptions.pictures import BY_CATEGORY, FAMILIES, PALETTES, Shape, family, is_dark, palette, picture, serving
from redemptions.pictures.palettes import BLACK, DARK, mix
from redemptions.tests.factories import make_product

INK, WHITE = "1B1A17", "FFFFFF"


def named(name: str = "Kettle Lane", **fields: object) -> Product:
    return Product(**({"name": name, "brand": name, "category": Category.FOOD} | fields))


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours (WCAG 2.2, relative luminance)."""

    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_picture_is_the_same_every_time_and_another_for_another_name() -> None:
    assert picture(named()) == picture(named())
    assert picture(named("Kettle Lanes", palette=1, family="books")) != picture(named(palette=1, family="books"))


def test_picture_of_a_name_does_not_change_with_a_release() -> None:
    assert (palette(named("Solvane")), family(named("Solvane"))) == (2, "scallops")


@pytest.mark.parametrize(("shape", "name"), list(itertools.product(Shape, FAMILIES)))
def test_picture_is_well_formed_and_needs_no_style(shape: Shape, name: str) -> None:
    svg = picture(named(family=name, palette=3), shape, with_name=True, band=True)

    root = ElementTree.fromstring(svg)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    attributes = {attribute for element in root.iter() for attribute in element.attrib}
    assert tags <= {"svg", "path", "circle", "text"}
    assert attributes & {"style", "class", "id", "href"} <= {"class"}
    assert root.attrib["viewBox"] == f"0 0 {shape.value[0]} {shape.value[1]}"
    assert len(svg) < 16_000


@pytest.mark.parametrize("category", Category)
def test_picture_of_each_category_is_one_of_its_families(category: Category) -> None:
    drawn = {family(named(f"Name {number}", category=category)) for number in range(40)}

    assert drawn == set(BY_CATEGORY[category])


def test_travel_has_dark_grounds_alone() -> None:
    travel = [named(f"Name {number}", category=Category.TRAVEL) for number in range(40)]

    assert {is_dark(product) for product in travel} == {True}


def test_palette_and_family_that_a_product_names_win() -> None:
    product = named(palette=7, family="arcs")

    assert (palette(product), family(product), is_dark(product)) == (7, "arcs", False)


def test_name_is_escaped() -> None:
    svg = picture(named('<b onclick="x">&'), with_name=True)

    assert "<b" not in svg
    assert "&lt;b onclick=&quot;x&quot;&gt;&amp;" in svg


def test_small_pictures_carry_no_name() -> None:
    assert "<text" not in picture(named(), Shape.MINI, with_name=True)


@pytest.mark.parametrize("number", range(len(PALETTES)))
def test_names_and_prices_can_be_read(number: int) -> None:
    ground = PALETTES[number][0]
    name = WHITE if number < DARK else INK
    band = mix(ground, BLACK, 0.3 if number < DARK else 0.74)

    assert contrast(name, ground) >= 5.8
    assert contrast(WHITE, band) >= 9.3


@pytest.mark.django_db
def test_picture_by_address_is_kept_for_ever_until_it_changes() -> None:
    product, page = make_product(name="Kettle Lane", category=Category.FOOD), Client()
    address = serving.address(product, Shape.WIDE)

    shown = page.get(address)

    assert (shown.status_code, shown["Content-Type"]) == (200, "image/svg+xml")
    assert shown["Cache-Control"] == "public, max-age=31536000, immutable"
    assert shown.content.decode() == picture(product, Shape.WIDE)
    Product.objects.update(palette=3)
    assert page.get(address)["Cache-Control"] == "public, max-age=300"


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/pictures/nothing.svg", "/pictures/kettle-lane.svg?shape=round"])
def test_picture_that_is_not_there(address: str) -> None:
    make_product(sku="kettle-lane")

    assert Client().get(address).status_code == 404
