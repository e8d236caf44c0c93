"""The retries of `api.transactions`, under the name by which operations know them."""

from api.transactions import retried, run, run_statement

__all__ = ["retried", "run", "run_statement"]
