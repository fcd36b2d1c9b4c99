"""Prediction from a model folder, with NumPy only."""
