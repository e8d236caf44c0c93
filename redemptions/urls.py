"""The addresses of this room: under /api/v1/, and pages."""

from django.urls import URLPattern, URLResolver, path

from redemptions import api, travel_credit_api
from redemptions.pictures import serving
from redemptions.views import catalogue, my_rewards, redeeming

CREDIT = "travel-credits/<str:travel_credit_id>"
AUTHORISATION = f"{CREDIT}/authorisations/<str:authorisation_id>"

api_patterns: list[URLPattern | URLResolver] = [
    path("products", api.ProductsView.as_view(), name="api-products"),
    path("products/<slug:product_id>", api.ProductView.as_view(), name="api-product"),
    path("redemptions", api.RedemptionsView.as_view(), name="api-redemptions"),
    path("redemptions/<str:redemption_id>", api.RedemptionView.as_view(), name="api-redemption"),
    path(CREDIT, travel_credit_api.TravelCreditView.as_view(), name="api-travel-credit"),
    path(f"{CREDIT}/authorisations", travel_credit_api.AuthorisationsView.as_view(), name="api-authorisations"),
    path(f"{AUTHORISATION}/capture", travel_credit_api.CaptureView.as_view(), name="api-capture"),
    path(f"{AUTHORISATION}/release", travel_credit_api.ReleaseView.as_view(), name="api-release"),
    path(f"{CREDIT}/refunds", travel_credit_api.RefundsView.as_view(), name="api-refunds"),
]
page_patterns: list[URLPattern | URLResolver] = [
    path("pictures/<slug:sku>.svg", serving.show, name="picture"),
    path("rewards", catalogue.catalogue, name="catalogue"),
    path("reward-filters", catalogue.filters, name="filters"),
    path("rewards/<slug:sku>", catalogue.product, name="product"),
    path("rewards/<slug:sku>/confirm", redeeming.confirm, name="confirm"),
    path("my-rewards", my_rewards.my_rewards, name="my_rewards"),
    path("my-rewards/orders/<str:order_id>", redeeming.order, name="order"),
    path("my-rewards/vouchers/<uuid:voucher_id>/reveal", my_rewards.reveal_voucher, name="reveal_voucher"),
    path("my-rewards/vouchers/<uuid:voucher_id>/used", my_rewards.mark_used, name="mark_used"),
    path(
        "my-rewards/travel-credits/<uuid:travel_credit_id>/reveal",
        my_rewards.reveal_travel_credit,
        name="reveal_travel_credit",
    ),
]
