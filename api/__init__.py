"""What every endpoint shares: tokens and scopes, problems, ids, idempotency, limits, pages."""
