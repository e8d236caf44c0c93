"""What the portal does not start with."""

import base64
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from rewards_portal import environment

KEY = base64.urlsafe_b64encode(bytes(32)).decode()
SAFE: dict[str, Any] = {
    "secret_key": "k" * 50,
    "encryption_keys": f"2026:{KEY}, 2025:{KEY}",
    "allowed_hosts": ["rewards.acme.example"],
    "base_url": "https://rewards.acme.example",
}


def test_what_is_safe_starts() -> None:
    environment.refuse_unsafe(**SAFE)


@pytest.mark.parametrize(
    ("unsafe", "variable"),
    [
        ({"secret_key": "k" * 49}, "SECRET_KEY"),
        ({"encryption_keys": "2026:c2hvcnQ="}, "ENCRYPTION_KEYS"),
        ({"encryption_keys": KEY}, "ENCRYPTION_KEYS"),
        ({"allowed_hosts": []}, "ALLOWED_HOSTS"),
        ({"allowed_hosts": ["rewards.acme.example", "*"]}, "ALLOWED_HOSTS"),
        ({"base_url": "http://rewards.acme.example"}, "BASE_URL"),
    ],
)
def test_what_is_unsafe_is_named_and_refused(unsafe: dict[str, Any], variable: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        environment.refuse_unsafe(**(SAFE | unsafe))
    assert str(refused.value).split()[0] == variable


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REWARDS_TEST", raising=False)
    with pytest.raises(ImproperlyConfigured, match=r"^REWARDS_TEST is not set\. Set the environment variable"):
        environment.required("REWARDS_TEST", "something")


@pytest.mark.parametrize("url", ["", "file:///srv/seals", "https://user:word@s3.acme.example/seals?sig=1"])
def test_seal_target_may_be_a_folder_or_an_address(url: str) -> None:
    assert environment.seal_target(url) == url


@pytest.mark.parametrize("url", ["/srv/seals", "file://srv/seals", "file:seals", "s3://bucket", "https:///seals"])
def test_other_seal_targets_are_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^SEAL_TARGET must be"):
        environment.seal_target(url)
