"""The database of consecutive words, both ends: counting, building, its file, reading."""
