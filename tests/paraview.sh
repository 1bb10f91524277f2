#!/bin/sh
# ParaView reads the files of a run: the work is done by paraview_reads.py.
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build}

for command in pvpython xvfb-run xauth; do
  command -v "$command" >/dev/null || {
    echo '1..0 # SKIP ParaView is not installed (apt-get install paraview python3-paraview xvfb)'
    exit 0
  }
done

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
trap 'exit 1' HUP INT TERM

for dim in 1 2 3; do
  "$build/tests/write_sample" "$dim" "$directory/run$dim.nc"
done
"$build/tests/write_sample" 3 "$directory/single.nc" single deflate

# With a display of its own: Debian's ParaView draws with X11 only, and crashes when told to do without.  The server must
# not start anew (-noreset) between one window and the next, which it would refuse meanwhile.
xvfb-run -a -s '-noreset -screen 0 1280x1024x24' pvpython tests/paraview_reads.py "$directory" || {
  echo 'Bail out! pvpython failed'
  exit 1
}
