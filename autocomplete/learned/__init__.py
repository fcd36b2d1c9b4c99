"""What a person taught, and what is never suggested: kept beside a model, in SQLite."""
