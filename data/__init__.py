"""The sample corpus and its generator. Not part of the installed package."""
