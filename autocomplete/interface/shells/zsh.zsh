# autocomplete, text for zsh, version @@MARK@@. Written by `autocomplete init zsh`; no key starts a process.
#
# What is being typed goes to the server of autocomplete over its socket, one question at a time, and what comes back
# is shown behind the cursor. A word that mends what is written is shown as ` → Las`, and taken whole.

if [[ -o interactive && $TERM != dumb ]] && zmodload zsh/net/socket zsh/system zsh/datetime zsh/zle 2>/dev/null; then

typeset -g AUTOCOMPLETE_INIT_ZSH=@@MARK@@
export AUTOCOMPLETE_INIT_ZSH  # `autocomplete doctor` sees what this shell has
typeset -g _autocomplete_socket=@@SOCKET@@
typeset -ga _autocomplete_command=(@@COMMAND@@)
typeset -g _autocomplete_model=@@MODEL@@
typeset -g _autocomplete_color=@@COLOR@@
typeset -gi _autocomplete_keys=@@KEYS@@ _autocomplete_learn=@@LEARN@@

# The connection: its descriptor (0 where there is none), what was read of a line that is not whole, and when to try
# again.
typeset -gi _autocomplete_fd=${_autocomplete_fd:-0} _autocomplete_starter=${_autocomplete_starter:-0}
typeset -gi _autocomplete_failures=0
typeset -gF _autocomplete_retry=0
typeset -g _autocomplete_input= _autocomplete_said=
# The question in flight: its number (0 where there is none), its text, and since when.
typeset -gi _autocomplete_asked=0 _autocomplete_number=0
typeset -g _autocomplete_text=
typeset -gF _autocomplete_since=0
# The answer: to which text and question, the whole lines that may come of it, what each adds or puts in, and the one
# that is shown.
typeset -g _autocomplete_answered=
typeset -gi _autocomplete_answer=0
typeset -ga _autocomplete_lines=() _autocomplete_inserts=()
typeset -gi _autocomplete_chosen=1
# What is shown, behind which text, and whether it mends what is written.
typeset -g _autocomplete_ghost= _autocomplete_behind=
typeset -gi _autocomplete_mends=0
typeset -gA _autocomplete_before  # of a keymap and a key, what the key did
# The command that runs, those that are to be learned, and what a question says of the place and of the command before.
typeset -g _autocomplete_finished=
typeset -ga _autocomplete_lessons=()
typeset -ga _autocomplete_around=(k=3)

if [[ -z $_autocomplete_color ]]; then
  _autocomplete_color=fg=8
  zmodload zsh/terminfo 2>/dev/null && (( ${terminfo[colors]:-8} >= 256 )) && _autocomplete_color=fg=245
fi
# Where a character is several to the shell, places are counted otherwise than the server counts them.
typeset -g _autocomplete_arrow=→
typeset -gi _autocomplete_ascii=0
(( $#_autocomplete_arrow == 1 )) || _autocomplete_ascii=1 _autocomplete_arrow='->'
# Older shells know no owner of a highlighted part.
typeset -g _autocomplete_owner=' memo=autocomplete'
[[ $ZSH_VERSION == [0-4].* || $ZSH_VERSION == 5.[0-8]* ]] && _autocomplete_owner=

# The connection

_autocomplete_disconnect() {  # [seconds until the next try]
  local -i fd=$_autocomplete_fd
  _autocomplete_fd=0 _autocomplete_input= _autocomplete_asked=0
  (( $# )) && (( _autocomplete_retry = EPOCHREALTIME + $1 ))
  if (( fd )); then
    zle -F $fd 2>/dev/null
    exec {fd}>&-
  fi
}

# Whether nobody else can have put the socket there: a folder that was removed may be made anew by whoever comes first.
_autocomplete_is_private() {
  local folder=${_autocomplete_socket:h}
  [[ -O $folder && ! -L $folder ]]
}

_autocomplete_connect() {
  (( _autocomplete_fd )) && return 0
  (( EPOCHREALTIME < _autocomplete_retry )) && return 1
  local REPLY
  if _autocomplete_is_private && zsocket $_autocomplete_socket 2>/dev/null; then
    _autocomplete_fd=$REPLY
    zle -F -w $_autocomplete_fd _autocomplete-hear
    return 0
  fi
  (( _autocomplete_starter )) || _autocomplete_serve
  return 1
}

# What fails is tried again later and later.
_autocomplete_wait() {
  (( ++_autocomplete_failures ))
  (( _autocomplete_retry = EPOCHREALTIME + 2 ** (_autocomplete_failures < 8 ? _autocomplete_failures : 8) ))
}

# Start the server; it says by the end of its output that it can be asked. Where that fails again and again it is left:
# a shell that is older than the program waits for a server that never comes.
_autocomplete_serve() {
  _autocomplete_wait
  (( _autocomplete_failures > 8 )) && return
  exec {_autocomplete_starter}< <(exec $_autocomplete_command </dev/null 2>/dev/null)
  zle -F -w $_autocomplete_starter _autocomplete-started
}

_autocomplete_started() {
  local -i fd=$_autocomplete_starter
  _autocomplete_starter=0
  zle -F $fd 2>/dev/null
  exec {fd}<&-
  local -F retry=$_autocomplete_retry
  _autocomplete_retry=0 _autocomplete_starter=-1  # so that none is started at once anew
  if _autocomplete_connect; then
    _autocomplete_teach
    _autocomplete_ask
  else
    _autocomplete_retry=$retry
  fi
  _autocomplete_starter=0
}

_autocomplete_escape() {  # sets REPLY
  REPLY=${1//\\/\\\\}
  REPLY=${REPLY//$'\t'/\\t}
  REPLY=${REPLY//$'\n'/\\n}
  REPLY=${REPLY//$'\r'/\\r}
}

_autocomplete_write() {  # descriptor, letter, number, fields
  local REPLY line=$2$'\t'$3 field
  for field in "${@[4,-1]}"; do
    _autocomplete_escape $field
    line+=$'\t'$REPLY
  done
  print -r -u $1 -- $line 2>/dev/null
}

_autocomplete_send() {  # letter, number, fields
  _autocomplete_write $_autocomplete_fd "$@" && return 0
  _autocomplete_disconnect 1
  return 1
}

# Questions and answers

_autocomplete_is_plain() {
  [[ $1 != *[[:cntrl:]]* ]] && (( ! _autocomplete_ascii || ! ${#1//[ -~]/} ))
}

_autocomplete_may_ask() {
  [[ $CONTEXT == start && -z $PREBUFFER && $KEYMAP != vicmd && -z $AUTOCOMPLETE_PRIVATE ]] &&
    (( CURSOR == $#BUFFER && $#BUFFER <= 1000 )) &&
    [[ $BUFFER == [^[:space:]]* ]] && _autocomplete_is_plain $BUFFER &&
    [[ $WIDGET != (*history*|*search*|(up|down)-line*|vi-(up|down)*) ]]
}

_autocomplete_ask() {
  local text=$BUFFER
  _autocomplete_may_ask && [[ $text != $_autocomplete_answered ]] || return 0
  if (( _autocomplete_asked )); then
    # A server that is silent for seconds is left; what was asked meanwhile is asked when the answer is there.
    (( EPOCHREALTIME - _autocomplete_since > 10 )) && _autocomplete_disconnect 10
    return 0
  fi
  _autocomplete_connect || return 0
  (( _autocomplete_number = _autocomplete_number % 999999 + 1 ))
  _autocomplete_text=$text _autocomplete_since=$EPOCHREALTIME
  _autocomplete_send s $_autocomplete_number $_autocomplete_model $text $_autocomplete_around &&
    _autocomplete_asked=$_autocomplete_number
  return 0
}

_autocomplete_hear() {  # descriptor, trouble
  local chunk line
  local -i heard=0
  if ! sysread -i $1 -t 0 chunk; then
    zle -F $1 2>/dev/null
    _autocomplete_disconnect 0.2
    return 0
  fi
  _autocomplete_input+=$chunk
  while [[ $_autocomplete_input == *$'\n'* ]]; do
    line=${_autocomplete_input%%$'\n'*}
    _autocomplete_input=${_autocomplete_input#*$'\n'}
    _autocomplete_read $line && heard=1
  done
  if (( $#_autocomplete_input > 65536 )); then
    _autocomplete_disconnect 60
    return 0
  fi
  (( heard )) || return 0
  _autocomplete_failures=0
  _autocomplete_draw
  zle -R
  _autocomplete_ask
}

# Take a line of the server's: the number of a question, and three fields for each candidate.
_autocomplete_read() {
  local -a fields=("${(@ps:\t:)1}")
  local insert line
  local -i place replace
  (( _autocomplete_asked )) && [[ $fields[1] == $_autocomplete_asked ]] || return 1
  _autocomplete_asked=0 _autocomplete_chosen=1
  _autocomplete_answered=$_autocomplete_text _autocomplete_answer=$fields[1]
  _autocomplete_lines=() _autocomplete_inserts=() _autocomplete_said=
  if [[ $fields[2] == '!' ]]; then  # why there is no answer
    _autocomplete_said=${${(j. .)fields[4,5]}//[[:cntrl:]]/ }
    [[ $fields[3] == paused ]] && _autocomplete_said+=" ('autocomplete pause --off')"
    return 0
  fi
  for (( place = 2; place + 1 <= $#fields; place += 3 )); do
    insert=${fields[place + 1]//\\\\/$'\x01'}
    [[ $fields[place] == <0-1000> && -n $insert && $insert != *\\* ]] || continue
    insert=${insert//$'\x01'/\\}
    replace=$fields[place]
    (( replace <= $#_autocomplete_text )) && _autocomplete_is_plain $insert || continue
    line=${_autocomplete_text[1,$#_autocomplete_text - replace]}$insert
    if [[ $line != $_autocomplete_text ]] && _autocomplete_there $line; then
      _autocomplete_lines+=("$line")
      _autocomplete_inserts+=("$insert")
    fi
  done
  return 0
}

# Whether the last word of a line is no path, or one that exists. Nothing in it is expanded but `~/`.
_autocomplete_there() {
  local line=$1 word=${1##*[[:space:]]} command=${1%%[[:space:]]*}
  local no_paths='(git|gh|hub|docker|podman|kubectl|helm|npm|npx|yarn|pnpm|go|cargo|brew|apt|pip|mkdir|touch)'
  [[ $word == *[\$\`\*\?\{\}\(\)\[\]\<\>\;\|\&\"\'\\=]* || $word == *://* || $word == *@*:* ]] && return 0
  [[ $word == (/|./|../|\~/)* || $command == (cd|pushd|rmdir) || $word == */* ]] || return 0
  [[ $word == -* || $word == (-|\~|.|..) || $line != *[[:space:]]* && $word != */* ]] && return 0
  if [[ $word != (/|./|../|\~/)* ]]; then  # the name of a branch, an image … has slashes too
    [[ $command == ${~no_paths} ]] && return 0
    [[ $command == (cd|pushd) && -n $CDPATH ]] && return 0
  fi
  [[ $command == (mkdir|touch) ]] && return 0
  [[ $word == \~/* ]] && word=$HOME${word#\~}
  [[ -e $word || -L $word ]]
}

# What is shown

_autocomplete_draw() {
  (( _autocomplete_strategy )) && return
  local ghost=
  local -i mends=0 place count=$#_autocomplete_lines
  if (( count )) && _autocomplete_may_ask; then
    # The chosen one first, and else the first that what was typed since has not ruled out.
    for place in $_autocomplete_chosen {1..$count}; do
      if [[ $_autocomplete_lines[place] == "$BUFFER"?* ]]; then
        ghost=${_autocomplete_lines[place]#"$BUFFER"}
      elif [[ $BUFFER == "$_autocomplete_answered" && $_autocomplete_lines[place] != "$BUFFER" ]]; then
        ghost=" $_autocomplete_arrow ${_autocomplete_inserts[place]## }" mends=1
      fi
      [[ -n $ghost ]] && _autocomplete_chosen=$place && break
    done
  fi
  _autocomplete_show "$ghost"
  _autocomplete_mends=$mends
}

# Put a text behind the cursor, in the place of ours; what another plug-in shows there stays.
_autocomplete_show() {
  [[ -z $1 && -z $_autocomplete_ghost ]] && return
  [[ -n $POSTDISPLAY && $POSTDISPLAY != "$_autocomplete_ghost" ]] && return
  if [[ -n $_autocomplete_owner ]]; then
    region_highlight=("${(@)region_highlight:#*memo=autocomplete}")
  else
    region_highlight=("${(@)region_highlight:#$_autocomplete_part}")
  fi
  POSTDISPLAY=$1 _autocomplete_ghost=$1 _autocomplete_behind=$BUFFER
  if [[ -n $1 ]]; then
    typeset -g _autocomplete_part="$#BUFFER $(( $#BUFFER + $#1 )) $_autocomplete_color$_autocomplete_owner"
    region_highlight+=("$_autocomplete_part")
  fi
}

_autocomplete_redraw() {
  if (( _autocomplete_strategy )); then
    _autocomplete_mend_strategy
    return 0
  fi
  _autocomplete_draw  # even where nothing changed: a search in the history takes the colour away
  (( PENDING + KEYS_QUEUED_COUNT )) || _autocomplete_ask
  return 0
}

_autocomplete_leave() {
  _autocomplete_show ''
  _autocomplete_answered= _autocomplete_lines=() _autocomplete_inserts=()
  return 0
}

# Keys. Plug-ins that wrap widgets leave alone those whose names begin with `_`, as they should.

_autocomplete_has_ghost() {
  [[ -n $_autocomplete_ghost && $POSTDISPLAY == "$_autocomplete_ghost" && $BUFFER == "$_autocomplete_behind" ]] &&
    (( CURSOR == $#BUFFER ))
}

_autocomplete_otherwise() {  # what the key does by itself
  local place="$KEYMAP $KEYS"
  local widget=${_autocomplete_before[$place]:-$1}
  if [[ $widget == \"* ]]; then  # keys to be pressed in its place
    zle -U ${(g:c:)${(Q)widget}}
  elif [[ -n $widget ]]; then
    zle $widget
  fi
}

_autocomplete_put() {  # the line that the ghost, or its first word, makes
  BUFFER=$1
  CURSOR=$#BUFFER
}

_autocomplete-take() {
  if _autocomplete_has_ghost; then
    (( _autocomplete_fd )) && _autocomplete_send a '' $_autocomplete_answer $#_autocomplete_ghost
    _autocomplete_put "$_autocomplete_lines[_autocomplete_chosen]"
  else
    local -A usual=('^E' end-of-line '^[[F' end-of-line '^[OF' end-of-line '^[[4~' end-of-line)
    _autocomplete_otherwise ${usual[${(V)KEYS}]:-forward-char}
  fi
}

_autocomplete-take-word() {
  if ! _autocomplete_has_ghost; then
    _autocomplete_otherwise forward-word
  elif (( _autocomplete_mends )); then
    _autocomplete-take
  else
    _autocomplete_put "$BUFFER${(M)_autocomplete_ghost##[[:space:]]#[^[:space:]]##}"
  fi
}

_autocomplete-next() {
  if _autocomplete_has_ghost && (( $#_autocomplete_lines > 1 )); then
    (( _autocomplete_chosen = _autocomplete_chosen % $#_autocomplete_lines + 1 ))
    _autocomplete_draw
  else
    _autocomplete_otherwise
  fi
}

# The first word that a candidate makes, with what was typed of it, and without the quotes around it: sets REPLY.
_autocomplete_word() {  # place
  local line=$_autocomplete_lines[$1] insert=$_autocomplete_inserts[$1] begun=
  [[ $insert == [[:space:]]* ]] || begun=${${line[1,$#line - $#insert]}##*[[:space:]]}
  REPLY=$begun${${insert##[[:space:]]#}%%[[:space:]]*}
  local bare=${${REPLY##[\"\'\`\(]##}%%[\"\'\`\)\;]##}
  REPLY=${bare:-$REPLY}
}

_autocomplete-forget() {
  _autocomplete_has_ghost && _autocomplete_connect || { _autocomplete_otherwise; return }
  local REPLY word
  _autocomplete_word $_autocomplete_chosen
  word=$REPLY
  _autocomplete_send f '' $_autocomplete_model $word || return
  _autocomplete_show ''
  _autocomplete_answered= _autocomplete_lines=() _autocomplete_inserts=()
  zle -M "autocomplete: forgotten; to undo: autocomplete forget --undo -m ${(q-)_autocomplete_model} ${(q-)word}"
}

_autocomplete-why() {
  local why REPLY
  if [[ -n $AUTOCOMPLETE_PRIVATE ]]; then why='AUTOCOMPLETE_PRIVATE is set'
  elif [[ -z ${BUFFER//[[:space:]]/} ]]; then why='nothing is typed yet'
  elif [[ $BUFFER == [[:space:]]* ]]; then why='the line begins with a space'
  elif (( CURSOR != $#BUFFER )); then why='the cursor is not at the end of the line'
  elif [[ -n $PREBUFFER || $BUFFER == *$'\n'* ]]; then why='the command has several lines'
  elif ! _autocomplete_ask_now $BUFFER 1; then why='the server is not there; autocomplete doctor says more'
  elif [[ -n $_autocomplete_said ]]; then why=$_autocomplete_said
  elif (( $#_autocomplete_lines )); then
    _autocomplete_word 1
    why="it suggests '$REPLY'"
  else why='the model is not sure enough'
  fi
  zle -M "autocomplete: $why"
}

# Beside zsh-autosuggestions

typeset -gi _autocomplete_strategy=0
typeset -g _autocomplete_last=

# Ask and wait for the answer, in a connection of its own: zsh-autosuggestions calls its strategies in another process.
_autocomplete_ask_now() {  # text, seconds that it may take
  local REPLY line
  local -i fd
  (( EPOCHREALTIME < _autocomplete_retry )) && return 1
  _autocomplete_is_private && zsocket $_autocomplete_socket 2>/dev/null || return 1
  fd=$REPLY
  _autocomplete_write $fd s 1 $_autocomplete_model $1 $_autocomplete_around && read -r -t $2 -u $fd line
  exec {fd}>&-
  if [[ -z $line ]]; then
    _autocomplete_wait
    return 1
  fi
  _autocomplete_failures=0
  _autocomplete_asked=1 _autocomplete_text=$1
  _autocomplete_read "$line"
}

_zsh_autosuggest_strategy_autocomplete() {
  typeset -g suggestion=
  [[ -z $AUTOCOMPLETE_PRIVATE && $1 == [^[:space:]]* ]] && _autocomplete_is_plain $1 && (( $#1 <= 1000 )) || return
  _autocomplete_ask_now "$1" 0.2 && (( $#_autocomplete_lines )) || return
  suggestion=$_autocomplete_lines[1]
  [[ $suggestion == "$1"* ]] || suggestion="$1 $_autocomplete_arrow ${_autocomplete_inserts[1]## }"
}

# zsh-autosuggestions can only append: what mends was shown as ` → Las`, and is put in its place once it was taken. Text
# that somebody pasted is no such word, and stays.
_autocomplete_mend_strategy() {
  local before=$_autocomplete_last
  local shown=${${:-$BUFFER$POSTDISPLAY}#"$before $_autocomplete_arrow "}
  _autocomplete_last=$BUFFER
  if [[ -n $before && $BUFFER == "$before $_autocomplete_arrow"* && $shown != "$BUFFER$POSTDISPLAY" ]] &&
    _autocomplete_ask_now "$before" 0.2
  then
    local -i place=${_autocomplete_inserts[(Ie)$shown]}
    if (( place )); then
      POSTDISPLAY=
      _autocomplete_put "$_autocomplete_lines[place]"
      _autocomplete_last=$BUFFER
      zle autosuggest-fetch
    fi
  fi
  if [[ -n $BUFFER ]] && (( ! _autocomplete_fd )); then
    _autocomplete_connect  # which starts the server
  fi
}

# The command before, and learning it where that was asked for: not what failed, nor what the history leaves out

_autocomplete_preexec() {
  _autocomplete_finished=$1
  _autocomplete_disconnect  # a command would inherit the connection and keep it open
}

_autocomplete_precmd() {
  local -i code=$?
  local line=$_autocomplete_finished
  _autocomplete_finished=
  if (( ! _autocomplete_strategy )) && (( $+functions[_zsh_autosuggest_start] )); then
    _autocomplete_strategy=1
    typeset -ga ZSH_AUTOSUGGEST_STRATEGY
    (( $ZSH_AUTOSUGGEST_STRATEGY[(Ie)autocomplete] )) || ZSH_AUTOSUGGEST_STRATEGY+=(autocomplete)
  fi
  _autocomplete_around=(k=3 cwd=$PWD)
  [[ -n $line && $line == [^[:space:]]* && -z $AUTOCOMPLETE_PRIVATE ]] && _autocomplete_is_plain $line || return 0
  [[ -n $HISTORY_IGNORE && $line == ${~HISTORY_IGNORE} ]] && return 0
  (( $#line <= 1000 )) || return 0
  _autocomplete_around+=(previous=$line status=$code)
  if (( _autocomplete_learn && code == 0 )); then
    # The last ones wait for a server that is still being started.
    _autocomplete_lessons+=($line)
    (( $#_autocomplete_lessons > 50 )) && shift _autocomplete_lessons
    _autocomplete_connect && _autocomplete_teach
  fi
  return 0
}

_autocomplete_teach() {
  local line
  for line in $_autocomplete_lessons; do
    _autocomplete_send l '' $_autocomplete_model $line status=0 || return
    shift _autocomplete_lessons
  done
}

# Hooks and keys

() {
  local widget
  for widget in take take-word next forget why; do
    zle -N _autocomplete-$widget
  done
  zle -N _autocomplete-hear _autocomplete_hear
  zle -N _autocomplete-started _autocomplete_started
  zle -N _autocomplete-redraw _autocomplete_redraw
  zle -N _autocomplete-leave _autocomplete_leave
  autoload -Uz add-zsh-hook add-zle-hook-widget
  add-zsh-hook preexec _autocomplete_preexec
  add-zsh-hook precmd _autocomplete_precmd
  add-zle-hook-widget line-pre-redraw _autocomplete-redraw
  add-zle-hook-widget line-finish _autocomplete-leave
}

if (( _autocomplete_keys )); then
  () {
    local -A wanted=(
      '^[[C' take '^[OC' take '^[[F' take '^[OF' take '^[[4~' take '^E' take
      '^[f' take-word '^[[1;5C' take-word '^[j' next '^[k' forget '^[i' why '^Xj' next '^Xk' forget '^Xi' why
    )
    local map line key widget place
    for map in main emacs viins; do
      # What the keys did before, so that they do it where nothing is shown.
      for line in "${(@f)$(bindkey -M $map)}"; do
        key=${(Q)line%% *} widget=${line#* }
        [[ -n $wanted[$key] && $widget != (_autocomplete-*|undefined-key) ]] || continue
        place="$map ${(g:c:)key}"
        _autocomplete_before[$place]=$widget
      done
    done
    for map in emacs viins; do
      for key in ${(k)wanted}; do
        # In vi, Escape and then a letter are two commands, and seldom slow enough to be told from Alt.
        [[ $map == viins && $key == '^['[a-z] ]] && continue
        bindkey -M $map $key _autocomplete-$wanted[$key]
      done
    done
  }
fi

fi
