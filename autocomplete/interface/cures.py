"""The cures of errors as they are done at the command line; what lies below the interface knows no option."""

from autocomplete.errors import Cure

_CURES = {
    Cure.ANOTHER_FOLDER: "Give '--model' another name or an empty folder.",
    Cure.ANOTHER_NAME: "Give '--model' another name.",
    Cure.ANOTHER_MODEL: "Wait for it, or give '--model' another name.",
    Cure.DYNAMIC_RATE: "Lower '--dynamic-rate'.",
    Cure.ENCODING: "Give the encoding that the whole file has with '--encoding', or leave the file out.",
    Cure.FIELD: "Name the column or key that holds the text, for example '--field body'.",
    Cure.FOLDER: "Give '--model' the name of a folder.",
    Cure.FORMAT: "Say which it is with '--as', or '--as plain' for text as it stands.",
    Cure.LEARN_WORDS: "Train one with '--level word' to learn, or go on without learning.",
    Cure.LEAVE_OUT: "Leave the file out, or give '--encoding utf-16' if it is text in that encoding.",
    Cure.LESS_MEMORY: "Lower '--batch-size', '--bptt' or '--size', or read the rows in parts with '--accumulate 4'.",
    Cure.MAKE_MODEL: "Run 'autocomplete train CORPUS' to make a model.",
    Cure.MAKE_OR_LIST: "Run 'autocomplete train CORPUS' to make one, 'autocomplete models list' to see yours.",
    Cure.MOVE_AWAY: "Move them away, or give '--model' another name.",
    Cure.OLD_PROGRAM: "Use the version of autocomplete that made it, or train it again with '--force'.",
    Cure.OTHER_FORMAT: "Say what it is with '--as', such as '--as plain', or leave the file out.",
    Cure.PATTERN: "Give '--pattern', or name the files one by one.",
    Cure.REPLACE: "Give '--force' to replace it, or '--model NAME' to make another.",
    Cure.RESUME: "Give '--resume' to go on with it, '--force' to replace it, or '--model NAME' to make another.",
    Cure.SENDER: "Give '--sender NAME' for one person's words, or '--everyone'.",
    Cure.SMALLER_SPAN: "Give more text, or a smaller '--span'.",
    Cure.START_ALL: "Start all again, with '--resume' if training had begun.",
    Cure.START_NEW: "Leave out '--resume' to start one.",
    Cure.START_OVER: "Start over with 'autocomplete train … --force'.",
    Cure.STOP_ENGINE: "Use that one, or stop it with 'autocomplete serve --stop'.",
    Cure.TRAIN_AGAIN: "Train it again with 'autocomplete train … --force', or restore the folder from a copy.",
    Cure.WIPE: "Restore it from a copy, or begin anew with 'autocomplete learned --wipe'.",
    Cure.WRITABLE: "Give '--model' a folder that you may write.",
}


def spelled(cure: str) -> str:
    """Return a cure as it is done at the command line; one that is in words already stays as it is."""
    return _CURES.get(cure, cure)  # type: ignore[call-overload, no-any-return]  # a report holds one as its words
