# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Whether everything that names the version names the same one. Sourced by `dev`.

wrong=0
complain() {
  say "$*"
  wrong=1
}

verb_release() {
  version=$(sed -n "s/^  version: '\(.*\)',/\1/p" "$root/meson.build")
  [ -n "$version" ] || die "meson.build names no version"

  heading=$(sed -n 's/^## //p' "$root/CHANGELOG.md" | head -n 1)
  case $heading in
    "$version, "20[0-9][0-9]-[01][0-9]-[0-3][0-9]) ;;
    *) complain "CHANGELOG.md begins with '$heading': close it as '$version, YEAR-MONTH-DAY'" ;;
  esac

  packaged=$(sed -n '1s/^busmark (\(.*\)) .*/\1/p' "$root/debian/changelog")
  [ "$packaged" = "$version" ] ||
    complain "debian/changelog says $packaged, meson.build $version: 'dch -v $version' adds it"

  program=$builds/build$ending/src/cli/busmark
  if [ -x "$program" ]; then
    told=$("$program" --version | sed -n '1s/^busmark \([^ ,]*\).*/\1/p')
    [ "$told" = "$version" ] ||
      complain "busmark --version says '$told', meson.build $version: ./dev build"
  else
    complain "there is no program to ask for its version: ./dev build"
  fi

  tag=$(git -C "$root" tag --points-at HEAD --list 'v*')
  if [ -n "$tag" ] && [ "$tag" != "v$version" ]; then
    complain "this commit has the tag $tag, meson.build says $version"
  elif [ -n "$tag" ]; then
    text=$(git -C "$root" tag --list --format='%(contents:subject)' "$tag")
    [ "$text" = "busmark $version" ] ||
      complain "the tag says '$text': it should say 'busmark $version'"
  fi
  [ "$wrong" = 0 ] || exit 1
  say "meson.build, CHANGELOG.md, debian/changelog and the program say $version"
  [ -n "$tag" ] || say "tag it: git tag -a v$version -m 'busmark $version'"
}
