import base64

import pytest

from vault import encryption
from vault.encryption import DecryptionError, decrypt, encrypt, fingerprint

CONTEXT = "redemptions.vouchercode:01a20f62"


def key(letter: str) -> str:
    return base64.urlsafe_b64encode(letter.encode() * 32).decode()


OLD, NEW = f"2025:{key('o')}", f"2026:{key('n')}"


@pytest.fixture(autouse=True)
def use(settings):
    """Give the function that sets ENCRYPTION_KEYS as a restart would; begins with one key."""

    def use(keys: str) -> None:
        settings.ENCRYPTION_KEYS = keys
        encryption._keys.cache_clear()

    use(OLD)
    yield use
    encryption._keys.cache_clear()


@pytest.mark.parametrize("plaintext", ["", "ABCD-1234", "Köln ✈ 北京", "x" * 100_000])
def test_decrypt_returns_what_encrypt_was_given(plaintext):
    assert decrypt(encrypt(plaintext, context=CONTEXT), context=CONTEXT) == plaintext


def test_a_ciphertext_names_its_key_and_shows_nothing_else():
    first, second = (encrypt("ABCD-1234", context=CONTEXT) for _ in range(2))
    assert (first[:5], second[:5]) == (b"2025:", b"2025:")
    assert first != second
    assert b"ABCD" not in first
    assert len(first) == len("2025:") + 12 + len("ABCD-1234") + 16


def test_decrypt_takes_what_the_database_gives_back():
    ciphertext = memoryview(encrypt("ABCD", context=CONTEXT))
    assert decrypt(ciphertext, context=CONTEXT) == "ABCD"


def test_a_ciphertext_moved_to_another_row_does_not_open():
    ciphertext = encrypt("ABCD", context=CONTEXT)
    with pytest.raises(DecryptionError, match="belongs to another row"):
        decrypt(ciphertext, context="redemptions.vouchercode:01a20f63")


@pytest.mark.parametrize("place", [5, 16, 17, 20, -1])
def test_a_changed_byte_of_nonce_text_or_tag_is_noticed(place):
    ciphertext = bytearray(encrypt("ABCD", context=CONTEXT))
    ciphertext[place] ^= 1
    with pytest.raises(DecryptionError, match="was changed"):
        decrypt(bytes(ciphertext), context=CONTEXT)


@pytest.mark.parametrize("ciphertext", [b"", b"2025:", b"2025:short", b"no key id", b"\xff\xfe:" + bytes(40)])
def test_what_is_no_ciphertext_is_refused_by_name(ciphertext):
    with pytest.raises(DecryptionError):
        decrypt(ciphertext, context=CONTEXT)


def test_a_new_key_encrypts_and_the_old_one_still_opens(use):
    before = encrypt("ABCD", context=CONTEXT)
    use(f"{NEW},{OLD}")
    after = encrypt("ABCD", context=CONTEXT)
    assert after.startswith(b"2026:")
    assert (decrypt(before, context=CONTEXT), decrypt(after, context=CONTEXT)) == ("ABCD", "ABCD")


def test_a_key_that_is_gone_is_said_to_be_gone(use):
    before = encrypt("ABCD", context=CONTEXT)
    use(NEW)
    with pytest.raises(DecryptionError, match="not in ENCRYPTION_KEYS"):
        decrypt(before, context=CONTEXT)


def test_equal_secrets_have_equal_fingerprints_for_one_purpose_alone(use):
    first = fingerprint("ABCD", purpose="voucher code")
    assert len(first) == 64
    assert fingerprint("ABCD", purpose="voucher code") == first
    assert fingerprint("ABCE", purpose="voucher code") != first
    assert fingerprint("ABCD", purpose="pin") != first


def test_a_fingerprint_stays_when_a_new_key_comes_before_the_old_one(use):
    before = fingerprint("ABCD", purpose="voucher code")
    use(f"{NEW},{OLD}")
    assert fingerprint("ABCD", purpose="voucher code") == before
    use(NEW)
    assert fingerprint("ABCD", purpose="voucher code") != before


@pytest.mark.parametrize("keys", [f":{key('o')}", "2025:c2hvcnQ=", "2025:"])
def test_a_key_without_id_or_of_another_length_is_refused(use, keys):
    use(keys)
    with pytest.raises(ValueError, match="ENCRYPTION_KEYS"):
        encrypt("ABCD", context=CONTEXT)
