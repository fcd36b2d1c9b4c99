"""Programs that measure the budgets: each prints a table and one JSON line."""
