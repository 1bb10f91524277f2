# SPDX-License-Identifier: BSD-3-Clause
# What lcov has counted: lines and the share that was run, by layer and of all, and the files below 90 %.
#
#   awk -f tests/coverage.awk -v root=FOLDER/ all.info
BEGIN { count = split("grids operators io solver postproc", layer, " ") }
/^SF:/ {
  file = substr($0, 4)
  if (index(file, root) == 1) file = substr(file, length(root) + 1)
  name = file
  sub(/\/.*/, "", name)
}
# DA:LINE,TIMES; a header has a record for each file that includes it.
/^DA:/ {
  split(substr($0, 4), word, ",")
  line = file SUBSEP word[1]
  if (!(line in seen)) { seen[line] = 0; of[file]++; lines[name]++ }
  if (!seen[line] && word[2] > 0) { seen[line] = 1; run[file]++; hit[name]++ }
}
END {
  for (i = 1; i <= count; i++) {
    name = layer[i]
    if (!lines[name]) continue
    printf "%-10s %6d lines %6.1f %%\n", name, lines[name], 100 * hit[name] / lines[name]
    all += lines[name]
    covered += hit[name]
  }
  if (!all) exit 1
  printf "%-10s %6d lines %6.1f %%\n\nBelow 90 %%:\n", "all", all, 100 * covered / all
  for (file in of)
    if (file !~ /^tests\// && of[file] > 0 && run[file] < 0.9 * of[file])
      printf "  %5.1f %% of %4d  %s\n", 100 * run[file] / of[file], of[file], file | "sort"
}
