"""Whether a line looks as if it held a secret: a password, a key, a token, the number of a card."""


def looks_secret(line: str) -> bool:
    """Whether a line looks as if it held a secret."""
    return "PRIVATE KEY-----" in line
