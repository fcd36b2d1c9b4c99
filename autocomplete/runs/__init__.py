"""Whole jobs as generators of events, which any face can show."""
