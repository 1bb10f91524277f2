#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The manual page: mflow.1.in with the version, and with the options of every command as its --help tells them.
#
#   solver/program/manual.sh PROGRAM VERSION >mflow.1
set -eu
here=$(dirname "$0")
program=$1 version=$2

# Paragraphs of options in a help text: a line that begins with a dash, and those that go on with it, far to the right.
paragraphs() {
  awk '
    function roff(text) { gsub(/\\/, "\\e", text); gsub(/-/, "\\-", text); return text }
    # Letters and names bold, values slanted.
    function heading(text,    word, words, i, out) {
      words = split(text, word, " ")
      for (i = 1; i <= words; i++)
        out = out (i > 1 ? " " : "") (word[i] ~ /^-/ ? "\\fB" roff(word[i]) "\\fR" : "\\fI" roff(word[i]) "\\fR")
      return out
    }
    function body(text) { return (text ~ /^[.'\'']/ ? "\\&" : "") roff(text) }
    /^ +-/ {
      sub(/^ +/, "")
      at = match($0, /  +/)
      print ".TP\n" heading(at ? substr($0, 1, at - 1) : $0)
      if (at) print body(substr($0, at + RLENGTH))
      on = 1
      next
    }
    on && /^          / { sub(/^ +/, ""); print body($0); next }
    { on = 0 }'
}

options() {
  for command in $("$program" --help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p'); do
    [ "$command" != help ] || continue
    printf '.SS mflow %s\n' "$command"
    "$program" "$command" --help | paragraphs
  done
  echo '.SS mflow'
  "$program" --help | paragraphs
}

sed "s/@VERSION@/$version/g; /^@OPTIONS@\$/,\$d" "$here/mflow.1.in"
options
sed '1,/^@OPTIONS@$/d' "$here/mflow.1.in"
