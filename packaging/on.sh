# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Clean roots of Debian, made by debootstrap and entered by chroot. Sourced by `dev`.

roots=${BUSMARK_ROOTS:-${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/busmark/roots}

# make_root NAME: NAME is a suite, or a suite with an ending for one more root of it.
make_root() {
  case $1 in
    bullseye | bookworm | trixie | bullseye-* | bookworm-* | trixie-*) ;;
    *) misuse "no Debian is named '$1': bullseye, bookworm or trixie, and an ending for one of" \
      "your own (trixie-mine)" ;;
  esac
  [ "$(id -u)" -eq 0 ] || die "a root is made and entered by root alone: sudo ./dev on $1 ..."
  [ ! -e "$roots/$1/etc/busmark-root" ] || return 0
  need debootstrap
  say "making a root of Debian in $roots/$1"
  rm -rf "$roots/$1.new"
  mkdir -p "$roots/archives"
  quietly debootstrap --variant=minbase --cache-dir="$roots/archives" "${1%%-*}" "$roots/$1.new"
  echo force-unsafe-io >"$roots/$1.new/etc/dpkg/dpkg.cfg.d/busmark"
  sed 's/^deb /deb-src /' "$roots/$1.new/etc/apt/sources.list" \
    >"$roots/$1.new/etc/apt/sources.list.d/sources.list"
  echo "$1" >"$roots/$1.new/etc/busmark-root"
  mv "$roots/$1.new" "$roots/$1"
}

# in_root NAME COMMAND...: the tree is /busmark in there, and the working folder; what is mounted
# goes with the command. Compilers use ccache where CCACHE_DIR is set.
in_root() {
  make_root "$1"
  place=$roots/$1
  shift
  mkdir -p "$place/busmark" "$place/ccache"
  # shellcheck disable=SC2016  # expanded by the shell inside
  PLACE=$place TREE=$root unshare --mount --propagation private sh -c '
    mount -t proc proc "$PLACE/proc"
    mount --rbind /sys "$PLACE/sys"
    mount --rbind /dev "$PLACE/dev"
    mount --bind "$TREE" "$PLACE/busmark"
    [ -z "${CCACHE_DIR:-}" ] || mount --bind "$CCACHE_DIR" "$PLACE/ccache"
    exec chroot "$PLACE" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      HOME=/root LC_ALL=C.UTF-8 TERM="${TERM:-dumb}" ${CXX:+CXX="$CXX"} ${CI:+CI="$CI"} \
      ${CCACHE_DIR:+CCACHE_DIR=/ccache CCACHE_BASEDIR=/busmark} \
      ${http_proxy:+http_proxy="$http_proxy"} BUSMARK_ENDING="-$(cat "$PLACE/etc/busmark-root")" \
      GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=/busmark \
      sh -c "cd /busmark && exec \"\$@\"" sh "$@"' sh "$@"
}

verb_on() {
  [ $# -ge 2 ] || misuse "usage: ./dev on bookworm|trixie|bullseye VERB [ARGUMENT...]," \
    "or -- COMMAND..."
  name=$1
  shift
  if [ "$1" = -- ]; then
    shift
    in_root "$name" "$@"
    return
  fi
  make_root "$name"
  # The tree's commit is told by git; a compiler cache is used where you have one.
  in_root "$name" sh -c 'command -v git >/dev/null || apt-get -qq update >/dev/null &&
    apt-get -qq -y install --no-install-recommends git ${CCACHE_DIR:+ccache} >/dev/null 2>&1'
  in_root "$name" ./dev "$@"
}
