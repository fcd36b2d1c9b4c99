# autocomplete, text for fish, version @@MARK@@. Written by `autocomplete init fish`.
#
# fish lets nobody else write behind the cursor: a key puts the first candidate in, again the next one, and at last what
# was there.

if status is-interactive

set -gx AUTOCOMPLETE_INIT_FISH @@MARK@@ # `autocomplete doctor` sees what this shell has
set -g _autocomplete_client @@PYTHON@@ -I -S @@CLIENT@@ @@SOCKET@@
set -g _autocomplete_command @@COMMAND@@
set -g _autocomplete_model @@MODEL@@
# What was asked, behind it, the candidates, the one that was put in, and what that made of the line.
set -g _autocomplete_text
set -g _autocomplete_after
set -g _autocomplete_found
set -g _autocomplete_chosen 0
set -g _autocomplete_made
set -g _autocomplete_why

function _autocomplete_ask --argument-names kind text --description 'Ask for a text: sets what was found, or why not'
    set -g _autocomplete_found
    set -g _autocomplete_why
    set -l asking $_autocomplete_client $kind $_autocomplete_model $_autocomplete_command
    for line in (printf '%s\n' $text | $asking 2>/dev/null)
        if string match -q -- '!*' $line
            set -g _autocomplete_why (string split -m 1 -f 2 -- \t $line)
        else
            set -ga _autocomplete_found $line
        end
    end
    test -z "$_autocomplete_why"
end

function _autocomplete_may_ask --argument-names text
    test -z "$AUTOCOMPLETE_PRIVATE"; and test -z "$fish_private_mode"; or return 1
    string match -qr -- '^\S[^\n]{0,999}$' "$text"
end

function _autocomplete_put --description 'Put the chosen candidate in, or behind the last one what was there'
    set -l line $_autocomplete_text
    set -l candidate $_autocomplete_found[$_autocomplete_chosen]
    if test -n "$candidate"
        set -l parts (string split -m 1 -- \t $candidate)
        set line (string sub -l (math (string length -- $line) - $parts[1]) -- $line)$parts[2]
    end
    commandline -r -- $line$_autocomplete_after
    commandline -C (string length -- $line)
    set -g _autocomplete_made $line$_autocomplete_after
end

function _autocomplete_is_put
    test -n "$_autocomplete_made"; and test "$(commandline -b)" = "$_autocomplete_made"
    and test "$(commandline -cb)$_autocomplete_after" = "$_autocomplete_made"
end

function _autocomplete_take
    if _autocomplete_is_put
        set -g _autocomplete_chosen (math $_autocomplete_chosen % \( (count $_autocomplete_found) + 1 \) + 1)
    else
        set -g _autocomplete_text "$(commandline -cb)"
        set -l length (string length -- "$_autocomplete_text")
        set -g _autocomplete_after "$(commandline -b | string collect | string sub -s (math $length + 1))"
        set -g _autocomplete_made
        set -g _autocomplete_chosen 1
        _autocomplete_may_ask "$_autocomplete_text"; and _autocomplete_ask s "$_autocomplete_text"; or return 0
    end
    _autocomplete_put
end

function _autocomplete_word --argument-names candidate --description 'The first word that a candidate makes, whole'
    set -l parts (string split -m 1 -- \t $candidate)
    set -l begun ''
    if not string match -qr -- '^\s' $parts[2]
        set -l kept (math (string length -- $_autocomplete_text) - $parts[1])
        set begun (string sub -l $kept -- $_autocomplete_text | string match -r -- '\S*$')
    end
    # Without the quotes around it.
    string match -r -- '\S+' $begun$parts[2] | string replace -r -- '^["\'`(]+(?=.)' '' | string replace -r -- '(?<=.)["\'`);]+$' ''
end

function _autocomplete_forget --description 'Forget the word that was just put in; the next candidate takes its place'
    set -l candidate $_autocomplete_found[$_autocomplete_chosen]
    _autocomplete_is_put; and test -n "$candidate"; or return 0
    set -l word (_autocomplete_word $candidate)
    set -l found $_autocomplete_found
    _autocomplete_ask f $word
    set -e found[$_autocomplete_chosen]
    set -g _autocomplete_found $found
    test $_autocomplete_chosen -le (count $found); or set -g _autocomplete_chosen 1
    _autocomplete_put
    set -l back autocomplete forget --undo -m (string escape -- $_autocomplete_model $word)
    _autocomplete_say "forgotten; to undo: $back"
end

function _autocomplete_say_why
    set -l text "$(commandline -cb)"
    if test -n "$AUTOCOMPLETE_PRIVATE$fish_private_mode"
        set -g _autocomplete_why 'this shell is private'
    else if not _autocomplete_may_ask "$text"
        set -g _autocomplete_why 'nothing is typed yet, or the line begins with a space'
    else if _autocomplete_ask s "$text"
        set -g _autocomplete_why 'there is a suggestion; Alt-J puts it in'
    end
    _autocomplete_say $_autocomplete_why
end

function _autocomplete_say
    printf '\nautocomplete: %s\n' "$argv"
    commandline -f repaint
end

if test @@LEARN@@ = 1
    # Not what failed, nor what begins with a space.
    function _autocomplete_learn --on-event fish_postexec --argument-names line
        test $status -eq 0; and _autocomplete_may_ask "$line"; or return
        printf '%s\n' $line | $_autocomplete_client l $_autocomplete_model >/dev/null 2>&1 &
        disown 2>/dev/null
    end
end

if test @@KEYS@@ = 1
    for map in default insert
        bind -M $map \ej _autocomplete_take
        bind -M $map \ek _autocomplete_forget
        bind -M $map \ei _autocomplete_say_why
    end
end

end
