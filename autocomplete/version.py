"""The program's version, which costs nothing to know: the engine and those who ask it compare theirs."""

VERSION = "0.1.0"
