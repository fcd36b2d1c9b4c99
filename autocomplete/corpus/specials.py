"""The two tokens that are no text, with their fixed ids."""

UNKNOWN_TOKEN = "<unk>"  # stands for every token outside the vocabulary
END_TOKEN = "<eos>"  # ends a line, a paragraph, a document

UNKNOWN = 0
END = 1
