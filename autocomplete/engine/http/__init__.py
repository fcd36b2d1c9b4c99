"""The engine over HTTP, for programs and for a page: one more way in, to the same models, with a token.

tokens      the page's, which is new at every start, and the plug-ins', which lies in a file
door        what is refused before anything is read: foreign hosts and origins, no token, other types, too much
requests    what a request says, read and checked
app         the routes: suggestions, learning, explanations, models
completions infill    as other programs know them: OpenAI's and llama-server's
face        the socket, the connections, and how all that is opened and closed
openapi     the description of it all, made from schema.json
page.html   the page, which loads nothing but itself

Needs Starlette and uvicorn, the packages of the extra `serve`.
"""
