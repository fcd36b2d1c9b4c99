"""The interactive prompt: completion as one types.

`session.py` and `line.py` hold what the prompt knows, without terminal or thread; `worker.py` is the one thread that
asks the model; `commands.py` has the slash commands; `settings.py` reads the configuration file. What needs
prompt_toolkit: `screen.py` draws, `keys.py` binds, `prompt.py` puts them together.
"""
