"""Programs that show what can be built on autocomplete; each is run by a test."""
