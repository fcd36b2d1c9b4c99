"""The interactive prompt: completion as one types.

`session.py` and `line.py` hold what the prompt knows, without terminal or thread; `worker.py` is the one thread that
asks the model, `link.py` the way to it and back; `commands.py` has the slash commands, `settings.py` the configuration
file. On prompt_toolkit rest `screen.py` and `view.py`, which draw, `keys.py`, which binds, `voice.py`, which speaks,
and `prompt.py`, which puts everything together.
"""
