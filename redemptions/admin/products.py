"""Products with their stock and their codes, and suppliers."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from api.admin import TrackedModelAdmin
from api.money import face_value_in_words
from redemptions import queries
from redemptions.admin.forms import ProductForm, SupplierForm
from redemptions.admin.uploading import upload_codes
from redemptions.enums import SupplierKind
from redemptions.models import Product, Supplier, VoucherCode
from redemptions.pictures import Shape, picture

MAY_ADD_CODES = "redemptions.add_vouchercode"


@admin.register(Product)
class ProductAdmin(TrackedModelAdmin):
    """What can be redeemed. One that was ordered, or has codes, is taken out of the catalogue and never deleted."""

    form = ProductForm
    change_form_template = "admin/redemptions/product/change_form.html"
    list_display = ["small_picture", "name", "category", "values", "price", "codes_left", "is_offered"]
    list_display_links = ["small_picture", "name"]
    list_filter = ["category", "kind", "is_offered", "currency", "supplier"]
    search_fields = ["name", "brand", "sku"]
    ordering = ["position", "name"]
    list_per_page = 50
    readonly_fields = ["large_picture", "stock"]
    fieldsets = [
        (None, {"fields": ["large_picture", "name", "sku", "brand", "kind", "category", "supplier", "is_offered"]}),
        ("Value and price", {"fields": ["currency", "denominations", "range_min", "range_max", "points_per_unit"]}),
        ("Stock", {"fields": ["stock"]}),
        ("For people", {"fields": ["description", "how_to_use", "countries", "expires_after_days"]}),
        ("In the catalogue", {"fields": ["position", "palette", "family"]}),
    ]

    class Media:
        css = {"all": ["admin_theme/products.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Return products with their prices and the number of their codes, in one query."""
        codes = VoucherCode.objects.sellable(at=timezone.now()).filter(product=OuterRef("pk"))
        number = codes.order_by().values("product").annotate(number=Count("id")).values("number")
        return queries.described().annotate(number_of_codes=Coalesce(Subquery(number), 0))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return whether it may be deleted: never once it was ordered or has codes."""
        return super().has_delete_permission(request, obj) and not (isinstance(obj, Product) and obj.is_in_use)

    def get_urls(self) -> list[URLPattern]:
        """Add the page on which codes are uploaded."""
        upload = path(
            "<int:product_id>/codes/",
            self.admin_site.admin_view(self.upload_codes),
            name="redemptions_product_upload_codes",
        )
        return [upload, *super().get_urls()]

    def upload_codes(self, request: HttpRequest, product_id: int) -> HttpResponse:
        """Add codes to a product's pool, looked at first."""
        if not request.user.has_perm(MAY_ADD_CODES):
            raise PermissionDenied
        product = Product.objects.select_related("supplier").filter(pk=product_id).first()
        if product is None or product.supplier.kind != SupplierKind.CODE_POOL:
            raise Http404("There is no such product with a pool of codes.")
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": f"Codes of {product}"}
        return upload_codes(request, product, context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Say whether this page leads to the upload of codes."""
        product = kwargs.get("obj")
        pooled = isinstance(product, Product) and product.supplier.kind == SupplierKind.CODE_POOL
        context["can_add_codes"] = pooled and request.user.has_perm(MAY_ADD_CODES)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="")
    def small_picture(self, product: Product) -> SafeString:
        """Return the picture for a line of the list."""
        return format_html('<span class="product-thumb">{}</span>', picture(product, Shape.MINI))

    @admin.display(description="Picture")
    def large_picture(self, product: Product) -> SafeString | str:
        """Return the picture as the catalogue shows it."""
        if not product.pk:
            return "Drawn from the name, once it is saved."
        return format_html('<span class="product-picture">{}</span>', picture(product, with_name=True))

    @admin.display(description="Values")
    def values(self, product: Product) -> str:
        """Return the values it comes with, as `€10 – €50`."""
        ends = [face_value_in_words(value, product.currency) for value in (product.smallest, product.largest)]
        return " – ".join(dict.fromkeys(ends))

    @admin.display(description="From", ordering="smallest_points")
    def price(self, product: Product) -> str:
        """Return what its smallest value costs."""
        return f"{product.price(product.smallest):,} points"

    @admin.display(description="Codes left", ordering="number_of_codes")
    def codes_left(self, product: Product) -> str:
        """Return how many codes can be sold, where it is sold by code."""
        if product.supplier.kind != SupplierKind.CODE_POOL:
            return "–"
        return f"{product.number_of_codes:,}"  # type: ignore[attr-defined]  # annotated above

    @admin.display(description="Codes")
    def stock(self, product: Product) -> SafeString | str:
        """Return a table of the pool: by value, how many are available, reserved, sold and expired."""
        if not product.pk or product.supplier.kind != SupplierKind.CODE_POOL:
            return "This product needs no codes."
        rows = format_html_join(
            "",
            '<tr><th scope="row">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>',
            (
                (
                    face_value_in_words(each.face_value, product.currency),
                    each.available,
                    each.reserved,
                    each.sold,
                    each.expired,
                    each.next_expiry or "–",
                )
                for each in queries.stock(product)
            ),
        )
        heads = ("Value", "Available", "Reserved", "Sold", "Expired", "Next to expire")
        head = format_html_join("", '<th scope="col">{}</th>', ((name,) for name in heads))
        return format_html('<table class="figures"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>', head, rows)


@admin.register(Supplier)
class SupplierAdmin(TrackedModelAdmin):
    """Who delivers. A secret is named here and kept in the environment."""

    form = SupplierForm
    list_display = ["slug", "kind", "base_url", "number_of_products"]
    list_filter = ["kind"]
    search_fields = ["slug"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Supplier]:
        """Return suppliers with the number of their products."""
        return Supplier.objects.annotate(products_count=Count("products"))

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Keep the kind once there are products: another kind could not deliver them."""
        return ["kind"] if isinstance(obj, Supplier) and obj.products.exists() else []

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return whether it may be deleted: never while it has products."""
        return super().has_delete_permission(request, obj) and not (isinstance(obj, Supplier) and obj.products.exists())

    @admin.display(description="Products", ordering="products_count")
    def number_of_products(self, supplier: Supplier) -> int:
        """Return how many products it delivers."""
        return int(supplier.products_count)  # type: ignore[attr-defined]  # annotated above
