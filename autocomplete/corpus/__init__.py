"""Text into tokens, vocabulary and the consecutive-word dataset."""
