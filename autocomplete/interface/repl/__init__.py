"""The interactive prompt: completion as one types.

`line.py` and `state.py` hold what the prompt knows, without terminal or thread: every event makes one frame, which is
all that is asked, drawn and taken until the next. `commands.py` has the slash commands, `settings.py` the configuration
file, `direction.py` what is written from right to left. On prompt_toolkit rest `screen.py`, which draws, `keys.py`,
which binds, `voice.py`, which speaks, and `prompt.py`, which puts them together, as a client of the engine's worker.
"""
