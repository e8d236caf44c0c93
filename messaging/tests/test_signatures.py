"""Signatures are those of Standard Webhooks 1.0: its library and a vector agree with ours."""

from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook

from messaging import signatures

# Made by the standard's own library, for two secrets as while one is exchanged for the other.
SECRETS = [
    "whsec_cmV3YXJkcy13ZWJob29rLWtleS1jdXJyZW50ISEhISE=",
    "whsec_cmV3YXJkcy13ZWJob29rLWtleS1wcmV2aW91cyEhISE=",
]
BODY = (
    b'{"type":"points.credited","timestamp":"2026-11-22T21:14:06.001Z","data":{"transactionId":"txn_01JDBQ6A",'
    b'"sourceEventId":"58231","employeeId":"21508","points":500,"balance":1250,"status":"credited"}}'
)
SIGNATURE = "v1,JJf2DkkNI04p4DlFzx8MC/gXd5cZt0G1fIvExgc9ZM0= v1,yX/g+ExSfmdpE4UbFwNOowN5ROyALKiLO7ilf1qzWqo="


def test_both_secrets_sign_the_newest_first() -> None:
    signed = signatures.signature(SECRETS, message_id="msg_01JDBQ6B3V9Q2K7H5R4T", timestamp=1795382047, body=BODY)
    assert signed == SIGNATURE


def test_the_library_signs_the_same() -> None:
    secret, at = signatures.new_secret(), datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    ours = signatures.signature([secret], message_id="we_1", timestamp=int(at.timestamp()), body=b"{}")
    assert ours == Webhook(secret).sign(msg_id="we_1", timestamp=at, data="{}")


def test_secrets_differ_and_have_32_bytes() -> None:
    one, other = signatures.new_secret(), signatures.new_secret()
    assert (one != other, one.startswith("whsec_"), len(Webhook(one)._whsecret)) == (True, True, 32)
