"""What asks a model and answers for it, in this process or in one that all share.

protocol      questions, answers and documents as values
asking        how a question is put to a model
worker        the one thread that asks for a prompt
address       where the resident engine is reached
client        asks it, or starts it; imports no NumPy
messages      what the two say to each other, a line each (docs/protocol.md)
server        the engine: connections, whose turn it is, what clients may cost
pool          its models, a thread each, and the sessions on them
edits  pause  log  listening  background  units      what those need, a noun each
"""
