"""The addresses of this room: under /api/v1/, and pages."""

from django.urls import URLPattern, URLResolver, path

from wallets import api

api_patterns: list[URLPattern | URLResolver] = [
    path("wallets/<str:recipient>", api.WalletView.as_view(), name="wallet"),
    path("wallets/<str:recipient>/transfers", api.WalletTransfersView.as_view(), name="wallet-transfers"),
]
page_patterns: list[URLPattern | URLResolver] = []
