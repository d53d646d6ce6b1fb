# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Another processor: built by Debian's cross compiler, run by qemu's user mode. Sourced by `dev`.

. "$root/packaging/on.sh"

# Of the target, from its own architecture; headers come with the build packages.
target_packages="libfmt-dev:arm64 zlib1g-dev:arm64 libssl-dev:arm64 libtomlplusplus-dev:arm64"

verb_cross() {
  case "$*" in
    aarch64 | 'aarch64 program') ;;
    *) misuse "usage: ./dev cross aarch64 [program]" ;;
  esac
  if [ "$ending" != -bookworm-cross ]; then
    verb_on bookworm-cross cross "$@"
    return
  fi
  if [ "$(dpkg --print-foreign-architectures)" != arm64 ]; then
    dpkg --add-architecture arm64
    quietly apt-get -qq update
  fi
  # shellcheck disable=SC2086  # package lists are split on purpose
  need $build_packages python3 g++-aarch64-linux-gnu qemu-user-static
  # shellcheck disable=SC2086
  quietly apt-get -qq -y install --no-install-recommends $target_packages
  configure build-aarch64 --cross-file "$root/packaging/aarch64.ini" -Dallocator=system \
    -Dbenchmarks=false --wrap-mode=nodownload
  # What the library promises; the program beside it, where it is asked for.
  # shellcheck disable=SC2086
  quietly ninja -C "$dir" tests/library_tests tests/queue/queue_tests tests/bus/bus_stress \
    ${2:+src/cli/busmark}
  meson test -C "$dir" --no-rebuild --print-errorlogs --timeout-multiplier 10 \
    'base library' 'histogram library' 'bus library' queue 'bus stress' || true
  python3 "$root/tests/tally.py" "$dir/meson-logs/testlog.json"
}
