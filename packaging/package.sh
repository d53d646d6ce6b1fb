# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Debian packages: built from a copy of what git knows, checked in clean roots. Sourced by `dev`.

. "$root/packaging/on.sh"

build_package() {
  # shellcheck disable=SC2086  # package lists are split on purpose
  need $build_packages git build-essential debhelper fakeroot
  place=$builds/build-package$ending
  rm -rf "$place"
  writable "$place/busmark"
  (cd "$root" && git ls-files -z | tar -c --null -T -) | tar -x -C "$place/busmark"
  say "building packages into $place"
  (cd "$place/busmark" && quietly dpkg-buildpackage -b -us -uc)
  find "$place" -maxdepth 1 -name '*.deb'
}

# Run in a root that has nothing but the base of Debian.
# shellcheck disable=SC2016  # expanded in there
try_package='set -eu
files() {
  find / -xdev \( -path /busmark -o -path /ccache -o -path /var/cache -o -path /var/lib/apt \
    -o -path /var/lib/dpkg -o -path /var/log -o -path /tmp -o -path /proc -o -path /sys -o -path /dev \) -prune -o -print |
    sort
}
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
files >/tmp/before
apt-get -qq -y install --no-install-recommends "$1"/*.deb >/dev/null
busmark --version
busmark list >/dev/null
busmark plan /usr/share/busmark/bench_configs/quick.toml >/dev/null
test -s /usr/include/busmark/queue/spsc_ring.hpp
apt-get -qq -y remove busmark libbusmark-dev >/dev/null
[ ! -e /usr/bin/busmark ] || { echo "/usr/bin/busmark is still there"; exit 1; }
dpkg --purge busmark libbusmark-dev >/dev/null 2>&1
apt-get -qq -y autoremove --purge >/dev/null
files >/tmp/after
diff /tmp/before /tmp/after && echo "installed, run, removed, purged: nothing is left"'

# check_package NAME: a Debian.
check_package() {
  name=$1
  verb_on "$name" package
  # shellcheck disable=SC2016  # expanded in there
  in_root "$name" sh -c '
    command -v lintian >/dev/null ||
      apt-get -qq -y install --no-install-recommends lintian >/dev/null
    lintian --fail-on error "$1"/*.changes && echo "lintian: no errors"' sh \
    "/busmark/build-package-$name"
  in_root "$name-bare" sh -c "$try_package" sh "/busmark/build-package-$name"
}

verb_package() {
  case ${1:-} in
    '') build_package ;;
    check) check_package "${2:-bookworm}" ;;
    *) misuse "usage: ./dev package [check [bookworm|trixie]]" ;;
  esac
}
