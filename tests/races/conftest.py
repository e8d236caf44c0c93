"""The two arenas, started once for all races."""

from collections.abc import Iterator

import pytest

from tests.races.arena import Arena, open_arena


@pytest.fixture(scope="session")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """The portal as it is."""
    with open_arena(tmp_path_factory.mktemp("arena"), guarded=True) as arena:
        yield arena


@pytest.fixture(scope="session")
def open_unguarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    with open_arena(tmp_path_factory.mktemp("unguarded"), guarded=False) as arena:
        arena.drop("ALTER TABLE wallets_account DROP CONSTRAINT account_above_floor")
        yield arena


@pytest.fixture
def unguarded(open_unguarded: Arena) -> Arena:
    """A portal that a control can rob of a guard. Its database no longer refuses what the guards keep from it."""
    open_unguarded.known = set(open_unguarded.hand.do("findings"))
    return open_unguarded
