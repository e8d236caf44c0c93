"""The settings as the type checker reads them: nothing has to run or be named in the environment for it."""

import os

for _name, _value in {
    "DEBUG": "1",
    "SECRET_KEY": "types",
    "ENCRYPTION_KEYS": "types",
    "OIDC_PRIVATE_KEY": "types",
    "DATABASE_URL": "postgres:///types",
    "BROKER_URL": "memory://",
}.items():
    os.environ.setdefault(_name, _value)

from rewards_portal.settings import *  # noqa: E402, F403
