#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Files of packages from another release of Debian than this machine's, without installing anything: apt with
# lists of its own, the machine's mirror, proxies and certificates.
#
#   test/archive/fetch.sh download SUITE DIR PACKAGE...   DIR/PACKAGE_VERSION_ARCH.deb for each
#   test/archive/fetch.sh unpack SUITE DIR PACKAGE...     their files under DIR, as if DIR were /
#   test/archive/fetch.sh version SUITE PACKAGE           the version that SUITE has now
#   test/archive/fetch.sh depends SUITE PACKAGE...        names of all that they need, themselves included
#   test/archive/fetch.sh mirror                          the mirror that is used
#
# Or `. test/archive/fetch.sh` and call debian_download, debian_unpack, debian_version, debian_depends, debian_mirror.
# A PACKAGE may be NAME=VERSION. What is already in DIR is not fetched again; dependencies are the caller's business.
# DEBIAN_MIRROR names a mirror where the machine's own sources have none (Ubuntu). A refused or failed step says what
# it was on stderr and returns non-zero; a half-written DIR/*.deb never stays.
set -uo pipefail

archive_root=$(dirname "$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")")
archive_cache=$archive_root/.cache/archive
archive_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

archive_fail() { echo "archive: $*" >&2; return 1; }

# The machine's own Debian mirror. Its security and backports archives have other paths.
debian_mirror() {
  local mirror=${DEBIAN_MIRROR-}
  [ -n "$mirror" ] || mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep -E '/debian/?$' | head -n 1)
  [ -n "$mirror" ] || { archive_fail 'the machine has no Debian mirror among its sources: set DEBIAN_MIRROR'; return 1; }
  echo "${mirror%/}"
}

# Run apt with SUITE's lists. `dir::state::status` is empty: what this machine has installed does not matter.
archive_apt() {
  local suite=$1 home=$archive_cache/$1
  shift
  "$@" -q -o "Dir::Etc::sourcelist=$home/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::Etc::preferencesparts=/dev/null -o Dir::Etc::preferences=/dev/null \
    -o "Dir::State=$home" -o "Dir::State::lists=$home/lists" -o "Dir::State::status=$home/status" \
    -o "Dir::Cache=$home" -o Dir::Cache::pkgcache=pkgcache.bin -o Dir::Cache::srcpkgcache=srcpkgcache.bin \
    -o "Dir::Cache::archives=$home/archives" -o APT::Get::List-Cleanup=0 -o APT::Sandbox::User=root \
    -o APT::Default-Release="$suite"
}

# Lists of a day ago are fresh enough: a released suite changes a few times a year.
archive_lists() {
  local suite=$1 home=$archive_cache/$1 mirror
  [ -n "$(find "$home/updated" -mtime -1 2>/dev/null)" ] && return
  [ -e "$archive_keyring" ] || { archive_fail "$archive_keyring is missing: install debian-archive-keyring"; return 1; }
  mirror=$(debian_mirror) || return
  mkdir -p "$home/lists/partial" "$home/archives/partial" && : >"$home/status" || return
  echo "deb [signed-by=$archive_keyring] $mirror $suite main" >"$home/sources.list"
  archive_apt "$suite" apt-get update >"$home/log" 2>&1 && ! grep -q '^[EW]: Failed' "$home/log" || {
    tail -n 10 "$home/log" >&2
    archive_fail "no package lists of $suite from $mirror (see above)"
    return 1
  }
  touch "$home/updated"
}

debian_version() {
  local version
  archive_locked "$1" archive_lists "$1" || return
  version=$(archive_apt "$1" apt-cache show --no-all-versions "$2" 2>/dev/null | sed -n 's/^Version: //p' | head -n 1)
  [ -n "$version" ] || { archive_fail "$1 has no package $2"; return 1; }
  echo "$version"
}

debian_depends() {
  local suite=$1
  shift
  archive_locked "$suite" archive_lists "$suite" || return
  archive_apt "$suite" apt-get install --simulate --no-install-recommends "$@" | sed -n 's/^Inst \([^ ]*\).*/\1/p'
}

debian_download() {
  local suite=$1 directory=$2 package
  shift 2
  archive_locked "$suite" archive_lists "$suite" || return
  mkdir -p "$directory" || return
  for package in "$@"; do
    archive_fetch "$suite" "$directory" "$package" || return
  done
}

archive_fetch() {
  local suite=$1 directory=$2 package=$3 name=${3%%=*} version=${3#*=} scratch
  [ "$version" != "$package" ] || version=$(debian_version "$suite" "$name") || return
  compgen -G "$directory/${name}_${version//:/%3a}_*.deb" >/dev/null && return
  scratch=$(mktemp -d "$directory/.fetch.XXXXXX") || return
  # Moved when complete: a file that is there is whole.
  (cd "$scratch" && archive_apt "$suite" apt-get download "$name=$version") >"$scratch/log" 2>&1 &&
    mv "$scratch"/*.deb "$directory/" || {
      tail -n 5 "$scratch/log" >&2
      rm -rf "$scratch"
      archive_fail "could not fetch $package of $suite (see above)"
      return 1
    }
  rm -rf "$scratch"
}

debian_unpack() {
  local suite=$1 directory=$2 package
  shift 2
  debian_download "$suite" "$archive_cache/debs" "$@" || return
  mkdir -p "$directory" || return
  for package in "$@"; do
    archive_unpack_one "$suite" "$directory" "$package" || return
  done
}

archive_unpack_one() {
  local suite=$1 directory=$2 name=${3%%=*} version=${3#*=}
  [ "$version" != "$3" ] || version=$(debian_version "$suite" "$name") || return
  dpkg-deb -x "$archive_cache/debs/${name}_${version//:/%3a}"_*.deb "$directory" ||
    { archive_fail "could not unpack $name $version into $directory"; return 1; }
}

# Two who start together fetch the lists once.
archive_locked() {
  local suite=$1
  shift
  mkdir -p "$archive_cache/$suite" || return
  (flock 8 && "$@") 8>"$archive_cache/$suite/lock"
}

archive_usage() {
  sed -n '6,10s/^# *//p' "${BASH_SOURCE[0]}" >&2
  return 2
}

archive_main() {
  local command=${1-} fewest
  case $command in
    download | unpack) fewest=4 ;;
    version | depends) fewest=3 ;;
    mirror) fewest=1 ;;
    *) archive_usage; return ;;
  esac
  [ "$#" -ge "$fewest" ] || { archive_usage; return; }
  shift
  "debian_$command" "$@"
}

[ "${BASH_SOURCE[0]}" != "$0" ] || archive_main "$@"
