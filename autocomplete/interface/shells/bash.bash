# autocomplete, text for bash, version @@MARK@@. Written by `autocomplete init bash`.
#
# bash has no text behind the cursor: a key puts the first candidate in, again the next one, and at last what was there.
# Where ble.sh is loaded, it shows the candidate behind the cursor.

if [[ $- == *i* && ${BASH_VERSINFO[0]} -ge 4 ]]; then

export AUTOCOMPLETE_INIT_BASH=@@MARK@@  # `autocomplete doctor` sees what this shell has
_autocomplete_client=(@@PYTHON@@ -I -S @@CLIENT@@ @@SOCKET@@)
_autocomplete_command=(@@COMMAND@@)
_autocomplete_model=@@MODEL@@
_autocomplete_keys=@@KEYS@@ _autocomplete_learn=@@LEARN@@
# What was asked, behind it, the candidates, the one that was put in, and what that made of the line.
_autocomplete_text= _autocomplete_after= _autocomplete_found=() _autocomplete_chosen=0
_autocomplete_made= _autocomplete_point=

# Ask for a text: sets `_autocomplete_found`, or `_autocomplete_why` and fails.
_autocomplete_ask() {  # kind, text
  local IFS=$'\n' line
  _autocomplete_found=() _autocomplete_why=
  while IFS= read -r line; do
    if [[ $line == '!'* ]]; then _autocomplete_why=${line#*$'\t'}; else _autocomplete_found+=("$line"); fi
  done < <("${_autocomplete_client[@]}" "$1" "$_autocomplete_model" "${_autocomplete_command[@]}" <<< "$2" 2>/dev/null)
  [[ -z $_autocomplete_why ]]
}

# Where a character is several to the shell, places are counted otherwise than the server counts them.
_autocomplete_arrow=→
_autocomplete_may_ask() {
  [[ -z $AUTOCOMPLETE_PRIVATE && $1 == [![:space:]]* && $1 != *$'\n'* && ${#1} -le 1000 ]] &&
    [[ ${#_autocomplete_arrow} -eq 1 || $1 != *[!\ -~]* ]]
}

# Put the chosen candidate in, or behind the last one what was there.
_autocomplete_put() {
  local candidate=${_autocomplete_found[_autocomplete_chosen]-} line=$_autocomplete_text
  if [[ -n $candidate ]]; then
    line=${line:0:${#line}-${candidate%%$'\t'*}}${candidate#*$'\t'}
  fi
  READLINE_LINE=$line$_autocomplete_after READLINE_POINT=${#line}
  _autocomplete_made=$READLINE_LINE _autocomplete_point=$READLINE_POINT
}

_autocomplete_is_put() {
  [[ -n $_autocomplete_made && $READLINE_LINE == "$_autocomplete_made" && $READLINE_POINT == "$_autocomplete_point" ]]
}

_autocomplete_take() {
  if _autocomplete_is_put; then
    ((_autocomplete_chosen = (_autocomplete_chosen + 1) % (${#_autocomplete_found[@]} + 1)))
  else
    _autocomplete_text=${READLINE_LINE:0:READLINE_POINT} _autocomplete_after=${READLINE_LINE:READLINE_POINT}
    _autocomplete_made= _autocomplete_chosen=0
    _autocomplete_may_ask "$_autocomplete_text" && _autocomplete_ask s "$_autocomplete_text" || return 0
  fi
  _autocomplete_put
}

# The first word that a candidate makes, with what was typed of it, and without the quotes around it: sets REPLY.
_autocomplete_word() {  # candidate
  local insert=${1#*$'\t'} begun= rest
  if [[ $insert != [[:space:]]* ]]; then
    begun=${_autocomplete_text:0:${#_autocomplete_text}-${1%%$'\t'*}} begun=${begun##*[[:space:]]}
  fi
  read -r REPLY rest <<< "$begun$insert"
  while [[ $REPLY == [\"\'\`\(]?* ]]; do REPLY=${REPLY:1}; done
  while [[ $REPLY == ?*[\"\'\`\)\;] ]]; do REPLY=${REPLY:0:${#REPLY}-1}; done
}

# Forget the word that was just put in, and put the next candidate in its place.
_autocomplete_forget() {
  local candidate=${_autocomplete_found[_autocomplete_chosen]-} word REPLY
  _autocomplete_is_put && [[ -n $candidate ]] || return 0
  _autocomplete_word "$candidate"
  word=$REPLY
  local found=("${_autocomplete_found[@]}")
  _autocomplete_ask f "$word"
  unset "found[$_autocomplete_chosen]"
  _autocomplete_found=("${found[@]}")
  ((_autocomplete_chosen < ${#_autocomplete_found[@]} || (_autocomplete_chosen = 0), 1))
  _autocomplete_put
  printf 'autocomplete: forgotten; to undo: autocomplete forget --undo -m %q %q\n' "$_autocomplete_model" "$word" >&2
}

_autocomplete_say_why() {
  local text=${READLINE_LINE:0:READLINE_POINT}
  if [[ -n $AUTOCOMPLETE_PRIVATE ]]; then _autocomplete_why='AUTOCOMPLETE_PRIVATE is set'
  elif ! _autocomplete_may_ask "$text"; then _autocomplete_why='nothing is typed yet, or the line begins with a space'
  elif _autocomplete_ask s "$text"; then _autocomplete_why='there is a suggestion; Alt-J puts it in'
  fi
  printf '%s\n' "autocomplete: $_autocomplete_why" >&2
}

# The command that was ended, where learning was asked for: not where it failed, nor what the history leaves out.
_autocomplete_learned=
_autocomplete_learn_last() {
  local code=$? entry number  # of the history's last
  entry=$(HISTTIMEFORMAT='' builtin history 1)
  if [[ $entry =~ ^\ *([0-9]+)[\ \*]\ (.*)$ ]]; then
    number=${BASH_REMATCH[1]} entry=${BASH_REMATCH[2]}
  else
    number=0
  fi
  if [[ -n $_autocomplete_learned && $number != "$_autocomplete_learned" && $code -eq 0 ]] &&
    _autocomplete_may_ask "$entry"
  then
    ( "${_autocomplete_client[@]}" l "$_autocomplete_model" <<< "$entry" >/dev/null 2>&1 & )
  fi
  _autocomplete_learned=$number
  return "$code"
}
if ((_autocomplete_learn)) && [[ "${PROMPT_COMMAND[*]-}" != *_autocomplete_learn_last* ]]; then
  PROMPT_COMMAND="_autocomplete_learn_last${PROMPT_COMMAND:+; $PROMPT_COMMAND}"
fi

# ble.sh shows what its sources find: the kind of the match, where what is replaced begins, what is shown, and what is
# put in.
function ble/complete/auto-complete/source:autocomplete {
  local text=$_ble_edit_str candidate insert
  [[ $_ble_edit_ind -eq ${#text} ]] && _autocomplete_may_ask "$text" && _autocomplete_ask s "$text" || return 1
  candidate=${_autocomplete_found[0]} insert=${_autocomplete_found[0]#*$'\t'}
  local begin=$((${#text} - ${candidate%%$'\t'*}))
  if [[ $insert == "${text:begin}"* ]]; then
    ble/complete/auto-complete/enter c "$begin" "${insert:${#text}-begin}" "$insert" "$insert"
  else
    ble/complete/auto-complete/enter r "$begin" " $_autocomplete_arrow $insert" "$insert" "$insert"
  fi
}
if [[ -n ${BLE_VERSION-} ]]; then
  _autocomplete_with_ble() {
    # After the history, and before names of files that only resemble what is typed.
    local others=" ${_ble_complete_auto_source[*]/autocomplete} "
    read -r -a _ble_complete_auto_source <<< "${others/ history / history autocomplete }"
    [[ " ${_ble_complete_auto_source[*]} " == *' autocomplete '* ]] || _ble_complete_auto_source+=(autocomplete)
  }
  blehook/eval-after-load complete _autocomplete_with_ble
fi

if ((_autocomplete_keys)); then
  # In vi, Escape and then a letter are two commands, and seldom slow enough to be told from Alt.
  for _autocomplete_map in emacs:'\e' emacs:'\C-x' vi-insert:'\C-x'; do
    bind -m "${_autocomplete_map%%:*}" -x "\"${_autocomplete_map#*:}j\": _autocomplete_take"
    bind -m "${_autocomplete_map%%:*}" -x "\"${_autocomplete_map#*:}k\": _autocomplete_forget"
    bind -m "${_autocomplete_map%%:*}" -x "\"${_autocomplete_map#*:}i\": _autocomplete_say_why"
  done
  unset _autocomplete_map
fi

fi
