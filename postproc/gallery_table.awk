# SPDX-License-Identifier: BSD-3-Clause
# The verdicts of `mflow verify --json` as an HTML table: a claim a line.

# A value as it is shown: texts without quotes, null as a dash.
function shown(s,    c, out, i) {
  if (substr(s, 1, 1) != "\"") {
    sub(/,$/, "", s)
    return s == "null" ? "–" : s
  }
  out = ""
  for (i = 2; (c = substr(s, i, 1)) != "\"" && c != ""; i++) {
    if (c == "\\") c = substr(s, ++i, 1)
    out = out c
  }
  gsub(/&/, "\\&amp;", out)
  gsub(/</, "\\&lt;", out)
  gsub(/>/, "\\&gt;", out)
  return out
}

function number(key, format,    v) {
  v = value[key]
  return "<td class=\"number\">" (v ~ /^-?[0-9.]/ ? sprintf(format, v) : v) "</td>"
}

BEGIN {
  print "<div class=\"scroll\"><table>"
  print "<tr><th>verdict</th><th>claim</th><th>theory</th><th class=\"number\">measured</th><th class=\"number\">slack</th>" \
        "<th class=\"number\">allowed</th><th class=\"number\">decades</th><th>reference</th></tr>"
}

# The program prints a key a line; those of a claim are six blanks in.
/^    \{/ { split("", value) }
match($0, /^      "[a-z_]+": /) { value[substr($0, 8, RLENGTH - 10)] = shown(substr($0, RLENGTH + 1)) }
/^      "verdict": / {
  verdict = value["verdict"]
  printf "<tr><td class=\"%s\">%s</td><td>%s</td><td>%s <code>%s</code></td>", verdict, verdict, value["name"], value["kind"], value["theory"]
  printf "%s%s%s%s", number("measured", "%.7g"), number("slack", "%.1e"), number("tolerance", "%.1e"), number("decades", "%.1f")
  printf "<td>%s</td></tr>\n", value["reference"]
}

END { print "</table></div>" }
