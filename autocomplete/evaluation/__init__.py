"""The report card: how well a model predicts held-out text."""
