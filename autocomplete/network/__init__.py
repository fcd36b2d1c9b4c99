"""The recurrent language model and its training: the only room with JAX."""
