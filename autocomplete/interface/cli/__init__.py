"""The commands. Each module imports what it needs inside its command, so that `suggest` starts fast."""
