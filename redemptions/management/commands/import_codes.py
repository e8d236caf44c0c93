"""Adds voucher codes from a file to the pool."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from api.money import minor_units
from redemptions import code_files
from redemptions.models import Product
from redemptions.operations import codes


class Command(BaseCommand):
    """The good rows are added; each refused row is printed by its number, and never its code."""

    help = "Adds voucher codes from a CSV file (code and optionally pin, expires_on, face_value) to a product's pool."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, the product and the face value of rows without one."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--product", required=True, metavar="SKU")
        parser.add_argument("--face-value", metavar="10.00", help="For rows without a face value, in major units.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Add the codes; exit 1 when a row was refused."""
        product = self._product(options["product"])
        face_value = self._face_value(options["face_value"], product)
        try:
            found = code_files.read(self._raw(options["file"]), product=product, face_value=face_value)
        except code_files.UnreadableCodes as error:
            raise CommandError(f"{options['file'].name}: {error.detail}") from None
        added = codes.add(product=product, rows=found.rows, by=None, at=timezone.now())
        refused = sorted(found.refused + added.refused)
        for number, reason in refused:
            self.stderr.write(f"Row {number}: {reason}")
        self.stdout.write(f"{added.added} codes added to {product.name}, {len(refused)} refused.")
        if refused:
            raise SystemExit(1)

    def _product(self, sku: str) -> Product:
        try:
            return Product.objects.select_related("supplier").get(sku=sku)
        except Product.DoesNotExist:
            raise CommandError(f"There is no product {sku}.") from None

    def _face_value(self, text: str | None, product: Product) -> int | None:
        if text is None:
            return None
        try:
            return minor_units(text, product.currency)
        except ValueError as error:
            raise CommandError(f"--face-value: {error}") from None

    def _raw(self, file: Path) -> bytes:
        try:
            with file.open("rb") as opened:
                return opened.read(code_files.FILE_BYTES_MAX + 1)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
