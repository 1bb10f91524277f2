# SPDX-License-Identifier: BSD-3-Clause
# Completion of mflow for bash.  Commands and options are those that the program's own help prints.

# Words of a case: its variants, or its parameters and the keys of its sections for --set.
_mflow_variants() {
  local case=$1
  [ ! -d "$case" ] || case=$case/case.yaml
  [ ! -f "$case" ] || sed -n '/^variants:/,/^[^ #]/s/^  \([^ #:]*\):.*/\1/p' "$case"
}

_mflow_keys() {
  local program=$1 case=$2
  [ ! -d "$case" ] || case=$case/case.yaml
  "$program" list 2>/dev/null | awk '
    /^Keys of a case/ { on = 1; next }
    on && /^  [^ ]/ { section = $1; single = NF == 1 }
    on && /^      [^ ]/ && single { print section "." $1 "=" }
    on && /^      [^ ]/ && section == "the" { print $1 "=" }'
  [ ! -f "$case" ] || sed -n 's/^parameters: *{\(.*\)/\1/p' "$case" | tr ',' '\n' | sed -n 's/^ *\([A-Za-z_][A-Za-z0-9_]*\):.*/\1=/p'
}

# The first argument that is no option.
_mflow_case() {
  local word
  for word in "${COMP_WORDS[@]:2}"; do
    case $word in *.yaml | *.yml) printf '%s\n' "$word" && return ;; esac
    [ ! -f "$word/case.yaml" ] || { printf '%s\n' "$word" && return; }
  done
}

_mflow_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

# Files with one of these endings, and folders.
_mflow_files() {
  local word=$1 endings=$2 path
  mapfile -t COMPREPLY < <(
    compgen -d -S / -- "$word"
    compgen -f -- "$word" | grep -E "\.($endings)\$"
  )
  for path in "${COMPREPLY[@]}"; do case $path in */) compopt -o nospace 2>/dev/null ;; esac done
  compopt -o filenames 2>/dev/null || true
}

# Options in a help text: those at the beginning of a line.
_mflow_options() {
  sed -n 's/^ \{1,\}\(-[a-zA-Z], \)\{0,1\}\(--[a-z-]*\).*/\2/p'
}

_mflow() {
  local program=${COMP_WORDS[0]/#\~/$HOME} word=$2 before=$3 usage
  if [ "$COMP_CWORD" -eq 1 ] || [ "${COMP_WORDS[1]}" = help ]; then
    usage=$("$program" --help 2>/dev/null) || return
    case $word in
    -*) _mflow_words "$(printf '%s\n' "$usage" | _mflow_options)" "$word" ;;
    *) _mflow_words "$(printf '%s\n' "$usage" | sed -n 's/^  \([a-z]\{1,\}\) .*/\1/p')" "$word" ;;
    esac
    return
  fi
  usage=$("$program" "${COMP_WORDS[1]}" --help 2>/dev/null) || return
  case $word in
  -*)
    _mflow_words "$(printf '%s\n' "$usage" | _mflow_options)" "$word"
    return
    ;;
  esac
  case $before in
  --flow) _mflow_words "$(printf '%s\n' "$usage" | sed -n '/^Flows/,$s/^  \([a-z-]*\) .*/\1/p')" "$word" ;;
  --dim) _mflow_words '1 2 3' "$word" ;;
  --kernel) _mflow_words "$("$program" list 2>/dev/null | sed -n '/^Kernels/,/^$/s/^  \([a-z_]*\) .*/\1/p')" "$word" ;;
  --variant) _mflow_words "$(_mflow_variants "$(_mflow_case)") main" "$word" ;;
  -s | --set) _mflow_words "$(_mflow_keys "$program" "$(_mflow_case)")" "$word" && compopt -o nospace 2>/dev/null ;;
  -o | --output) _mflow_files "$word" 'nc|png|svg|pdf' ;;
  *)
    case ${usage%%$'\n'*} in
    *CASE*) _mflow_files "$word" 'yaml|yml' ;;
    *) _mflow_files "$word" 'nc|csv|json' ;;
    esac
    ;;
  esac
}
complete -F _mflow mflow
