import pytest

SECRET = "correct horse battery staple"


@pytest.fixture(autouse=True)
def _hook_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment variable that the tests' connections name."""
    monkeypatch.setenv("TEST_HOOK_SECRET", SECRET)
