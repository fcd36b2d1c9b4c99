"""A face of the engine for editors, by the Language Server Protocol. Only `server` needs more than Python brings."""
