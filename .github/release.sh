#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A release: checks, tag, archive with its checksum.
#
#   .github/release.sh VERSION [--dry-run] [FOLDER]
#
# The archive goes to FOLDER (default: build).  With --dry-run nothing is tagged.  Run .ci/run first; it is not run here.
set -eu
cd "$(dirname "$0")/.."

usage() {
  echo 'usage: .github/release.sh VERSION [--dry-run] [FOLDER]' >&2
  exit 2
}
version="" dry="" folder=build
for word; do
  case $word in
  --dry-run) dry=yes ;;
  -*) usage ;;
  *) if [ -z "$version" ]; then version=$word; else folder=$word; fi ;;
  esac
done
[ -n "$version" ] || usage

wrong=0
# need WHAT COMMAND...: says what is missing, and goes on, so that all of it is seen at once.
need() {
  what=$1
  shift
  "$@" >/dev/null 2>&1 || {
    echo "release: $what" >&2
    wrong=1
  }
}
is_clean() { [ -z "$(git status --porcelain)" ]; }
is_version() { printf '%s\n' "$version" | grep -qxE '[0-9]+\.[0-9]+\.[0-9]+'; }
dated() { grep -qxE "## \[$escaped\] - [0-9]{4}-[0-9]{2}-[0-9]{2}" CHANGELOG.md; }
nothing_left() { ! sed -n '/^## \[Unreleased\]/,/^## \[[0-9]/p' CHANGELOG.md | grep -q '^- '; }
no_tag() { ! git rev-parse -q --verify "refs/tags/v$version"; }

escaped=$(printf '%s' "$version" | sed 's/\./\\./g')
need "'$version' is no version such as 0.2.0" is_version
need 'there are changes that are not committed' is_clean
need "VERSION in Makefile is not $version" grep -qxE "VERSION +:= $escaped" Makefile
need "version in CITATION.cff is not $version" grep -qxE "version: \"?$escaped\"?" CITATION.cff
need 'CITATION.cff has no date-released' grep -qE '^date-released: "?[0-9]{4}-[0-9]{2}-[0-9]{2}' CITATION.cff
need "CHANGELOG.md has no section '## [$version] - YYYY-MM-DD'" dated
need 'CHANGELOG.md has entries left under [Unreleased]' nothing_left
need "there is a tag v$version already" no_tag
[ "$wrong" = 0 ] || exit 1

name=measureflow-$version
mkdir -p "$folder"
# gzip -n leaves out the time, so that the archive of a commit is the same to the last byte.
git archive --format=tar --prefix="$name/" HEAD | gzip -9n >"$folder/$name.tar.gz"
(cd "$folder" && sha256sum "$name.tar.gz" | tee "$name.tar.gz.sha256")
if [ -n "$dry" ]; then
  echo "release: $folder/$name.tar.gz is made; nothing is tagged"
else
  git tag -a "v$version" -m "Measureflow $version"
  echo "release: tagged v$version; git push origin v$version publishes it"
fi
