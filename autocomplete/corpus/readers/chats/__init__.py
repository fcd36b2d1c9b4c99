"""Readers of chats: each takes the export of one program and gives the messages that people wrote in it.

What holds for all of them stands in `message`: a day of a chat is a document, and what a program wrote, a link by
itself, code and what others said before is left out and counted. Signal's backups are encrypted and not read.
"""

from autocomplete.corpus.readers.chats import discord, irc, messenger, slack, telegram, twitter, whatsapp
from autocomplete.corpus.readers.protocol import Format

FORMATS: tuple[Format, ...] = (
    *whatsapp.FORMATS,
    *telegram.FORMATS,
    *discord.FORMATS,
    *slack.FORMATS,
    *messenger.FORMATS,
    *twitter.FORMATS,
    *irc.FORMATS,
)
