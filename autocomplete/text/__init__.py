"""What a word is: Unicode, tokens, vocabulary, spacing, secrets. No files, no JAX."""
