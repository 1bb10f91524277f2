# SPDX-License-Identifier: BSD-3-Clause
# A case's README as HTML: headings, paragraphs, formulas, tables, emphasis, code, links.  Words of formulas become
# symbols; blocks of commands are left out.  NAME of the environment is shown after the title.

BEGIN {
  n = split("alpha α beta β gamma γ delta δ eps ε kappa κ lambda λ Lambda Λ mu μ nu ν xi ξ pi π rho ρ sigma σ tau τ phi φ " \
            "theta θ Theta Θ omega ω khat k̂ int ∫ iint ∬ grad ∇ div ∇· dmu dμ dpi dπ sqrt √ inf ∞", pair, " ")
  for (i = 1; i < n; i += 2) symbol[pair[i]] = pair[i + 1]
}

function escaped(s) {
  gsub(/&/, "\\&amp;", s)
  gsub(/</, "\\&lt;", s)
  gsub(/>/, "\\&gt;", s)
  return s
}

# Names of symbols, powers, indices, relations; s is escaped.
function formula(s,    out, word, letters) {
  out = ""
  while (match(s, /[A-Za-z]+[0-9]*/)) {
    word = letters = substr(s, RSTART, RLENGTH)
    sub(/[0-9]+$/, "", letters)
    out = out substr(s, 1, RSTART - 1)
    s = substr(s, RSTART + RLENGTH)
    if (!(letters in symbol)) out = out word
    else out = out symbol[letters] (word == letters ? "" : "<sub>" substr(word, length(letters) + 1) "</sub>")
  }
  s = out s
  out = ""
  while (match(s, /\^\([^()]*\)|\^-?[A-Za-z0-9]+|_[A-Za-z0-9]+/)) {
    word = substr(s, RSTART, RLENGTH)
    out = out substr(s, 1, RSTART - 1)
    if (word ~ /^_/) out = out "<sub>" substr(word, 2) "</sub>"
    else if (word ~ /^\^\(/) out = out "<sup>" minus(substr(word, 3, length(word) - 3)) "</sup>"
    else out = out "<sup>" minus(substr(word, 2)) "</sup>"
    s = substr(s, RSTART + RLENGTH)
  }
  s = out s
  gsub(/&lt;=/, "≤", s)
  gsub(/&gt;=/, "≥", s)
  gsub(/ -&gt; /, " → ", s)
  gsub(/ - /, " − ", s)
  return s
}

function minus(s) {
  sub(/^-/, "−", s)
  return s
}

# A line of prose: code and addresses are kept as they are, the rest may hold formulas.
function prose(s,    out, part, close_at, at) {
  s = escaped(s)
  out = ""
  while (match(s, /`[^`]*`|\[[^]]*\]\([^)]*\)/)) {
    at = RSTART
    part = substr(s, at, RLENGTH)
    out = out formula(substr(s, 1, at - 1))
    s = substr(s, at + length(part))
    if (part ~ /^`/) out = out "<code>" substr(part, 2, length(part) - 2) "</code>"
    else {
      close_at = index(part, "](")
      out = out substr(part, 2, close_at - 2)
    }
  }
  s = out formula(s)
  while (match(s, /\*\*[^*]*\*\*/))
    s = substr(s, 1, RSTART - 1) "<strong>" substr(s, RSTART + 2, RLENGTH - 4) "</strong>" substr(s, RSTART + RLENGTH)
  return s
}

function flush(    i) {
  if (kind == "p") printf "<p>%s</p>\n", prose(text)
  if (kind == "pre" && text !~ /^mflow /) printf "<pre>%s</pre>\n", formula(escaped(text))
  if (kind == "table") print "</table></div>"
  kind = text = ""
}

function begin(what) {
  if (kind != what) flush()
  kind = what
}

function row(s, tag,    cell, n, i) {
  sub(/^\| */, "", s)
  sub(/ *\|$/, "", s)
  n = split(s, cell, / *\| */)
  printf "<tr>"
  for (i = 1; i <= n; i++) printf "<%s>%s</%s>", tag, prose(cell[i]), tag
  print "</tr>"
}

/^# /       { flush(); printf "<h2>%s <small><code>%s</code></small></h2>\n", prose(substr($0, 3)), escaped(ENVIRON["NAME"]); next }
/^\|[-| ]*$/ { next }
/^\|/       { if (kind != "table") { flush(); kind = "table"; print "<div class=\"scroll\"><table>"; row($0, "th") } else row($0, "td"); next }
/^    /     { begin("pre"); text = text (text == "" ? "" : "\n") substr($0, 5); next }
/^ *$/      { if (kind == "pre") text = text; else flush(); next }
            { begin("p"); text = text (text == "" ? "" : " ") $0 }
END         { flush() }
