"""The engine's fixtures, for commands that ask it."""

from tests.engine.conftest import engine, home, plain_model

__all__ = ["engine", "home", "plain_model"]
