import time
import uuid

from api import ids


def test_a_new_id_is_a_uuid_of_version_7_with_the_time_in_front():
    before = time.time_ns() // 1_000_000
    key = ids.new()
    after = time.time_ns() // 1_000_000
    assert (key.version, key.variant) == (7, uuid.RFC_4122)
    assert before <= key.int >> 80 <= after


def test_ids_made_after_another_are_in_order():
    keys = []
    for _ in range(1000):
        keys.append(ids.new())
        time.sleep(1e-6)
    assert keys == sorted(keys)


def test_an_id_goes_out_and_comes_back():
    key = ids.new()
    assert ids.key("pr", ids.public("pr", key)) == key


def test_what_is_no_id_of_that_kind_is_none():
    key = ids.new()
    for strange in (ids.public("tr", key), key.hex, "pr_", "pr_" + "g" * 32, f"pr_{key}", "pr_" + "é" * 32):
        assert ids.key("pr", strange) is None
