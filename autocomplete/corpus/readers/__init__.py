"""Readers of what people have: each takes one kind of file and gives the text in it that is language."""
