#!/bin/sh
# install.sh PACKAGE...: installs the Debian packages that are missing. Silent when none is.
# Without the right to install it prints the one line to type and stops with status 3.
missing=
for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' && continue
    # Another source may have brought the tool itself (a newer node, say).
    case $package in
        nodejs) command -v node >/dev/null && continue ;;
        npm | tmux | python3) command -v "$package" >/dev/null && continue ;;
    esac
    missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ]; then as_root=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root=sudo
else
    echo "make: packages are missing; type: sudo apt-get install -y --no-install-recommends$missing" >&2
    exit 3
fi
echo "installing:$missing"
log=$(mktemp) && trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
{ $as_root apt-get update -q && $as_root apt-get install -q -y --no-install-recommends $missing; } >"$log" 2>&1 && exit 0
tail -n 20 "$log" >&2
echo "make: apt-get could not install:$missing" >&2
exit 3
