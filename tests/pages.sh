#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What the program's help says, against the manual page and the completion of bash: every command, every option.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/program.inc
. tests/program.inc
page=$scratch/mflow.1
"$sources/solver/program/manual.sh" "$program" 1.2.3 >"$page" || exit 1

commands() {
  mflow --help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p'
}
# Words of options at the beginning of lines of a help text, long and short.
options() {
  mflow "$@" --help | sed -n 's/^ \{1,\}\(-[a-zA-Z], \)\{0,1\}\(--[a-z-]*\).*/\1 \2/p' | tr -s ', ' '\n' | grep '^-' | LC_ALL=C sort -u
}

commands_in_page() {
  count=0
  for command in $(commands); do
    count=$((count + 1))
    grep -qxF ".B mflow $command" "$page" || { echo "not in the synopsis: $command" && return 1; }
    sed -n '/^\.SH COMMANDS/,/^\.SH OPTIONS/p' "$page" | grep -A1 -x '\.TP' | grep -qxF ".B $command" ||
      { echo "not among the commands: $command" && return 1; }
  done
  [ "$count" -ge 9 ]
}
check 'every command of --help is in the manual page' commands_in_page

# What the page heads its paragraphs on options with.
page_options() {
  sed -n '/^\.SH OPTIONS/,/^\.SH FILES/p' "$page" | grep -A1 -x '\.TP' | grep '^.f' | sed 's/\\-/-/g' |
    grep -oE -- '(^|[^a-z-])--?[a-zA-Z][a-z-]*' | grep -oE -- '-.*' | LC_ALL=C sort -u
}

options_in_page() {
  count=0
  page_options >"$scratch/page_options"
  for command in '' $(commands | grep -vx help); do
    # shellcheck disable=SC2086 # nothing, or one word
    for option in $(options $command); do
      count=$((count + 1))
      grep -qxF -e "$option" "$scratch/page_options" || { echo "mflow $command has $option, the manual page has not" && return 1; }
    done
  done
  [ "$count" -ge 40 ]
}
check 'every option of every --help is in the manual page' options_in_page

# The other way round: what the page heads its paragraphs with is an option of some command.
page_in_help() {
  all=$(for command in '' $(commands | grep -vx help); do
    # shellcheck disable=SC2086
    options $command
  done)
  for option in $(page_options); do
    printf '%s\n' "$all" | grep -qxF -e "$option" || { echo "in the manual page only: $option" && return 1; }
  done
}
check 'every option of the manual page is one of a command' page_in_help

flows_in_readme() {
  "$sources/solver/program/flows.sh" "$MFLOW" >"$scratch/flows.md" &&
    sed -n '/^<!-- flows:/,/^<!-- end of flows/p' "$sources/README.md" | grep '^|' | diff "$scratch/flows.md" -
}
check "README's table of flows is that of the program (make index)" flows_in_readme

# complete WORD...: what bash offers for the last of the words.
complete_words() {
  bash -c '. "$0/solver/program/mflow.bash"
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _mflow "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    printf "%s\n" "${COMPREPLY[@]}"' "$sources" "$program" "$@"
}
offers() {
  wanted=$1
  shift
  got=$(complete_words "$@" | LC_ALL=C sort -u | tr '\n' ' ')
  [ "$got" = "$wanted " ] || {
    echo "offered: $got"
    return 1
  }
}
complete_commands() {
  offers "$(commands | LC_ALL=C sort -u | tr '\n' ' ' | sed 's/ $//')" '' && offers 'verify' ver && offers '--version' --v &&
    offers 'rates resume run' help r
}
complete_options() {
  for command in $(commands | grep -vx help); do
    offers "$(options "$command" | grep -e '^--' | tr '\n' ' ' | sed 's/ $//')" "$command" -- || return 1
  done
}
complete_values() {
  cd "$scratch" || return 1
  mkdir -p theirs folder && cp "$sources/cases/heat_equation_1d/case.yaml" theirs/ && cp theirs/case.yaml mine.yaml && : >mine.nc
  offers 'fisher-rao fokker-planck' new x --flow f && offers '1 2 3' new x --dim '' && offers 'gaussian' compare --kernel g &&
    offers 'box fourth_order fourth_order_jump main' run theirs --variant '' &&
    offers 'box' verify mine.yaml --variant b && offers 'grid.boundary= grid.box= grid.cells=' show mine.yaml --set grid. &&
    offers 'k=' show mine.yaml --set k && offers 'mine.yaml' run mine && offers 'theirs/' run the && offers 'mine.nc' rates mi
}
if have bash; then
  check 'bash completes the commands' complete_commands
  check 'bash completes the options that --help names, of every command' complete_options
  check 'bash completes flows, variants, keys and files' complete_values
else
  skip 'bash completes commands, options and values' 'there is no bash'
fi

finish
