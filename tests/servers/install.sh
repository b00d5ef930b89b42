#!/bin/sh
# Installs the packages of a list (packages.txt beside this file where none is given) that are missing. Tests start the
# servers themselves, as their own children, so the system's services that come along are kept from starting.
set -eu

wanted=$(sed -e 's/#.*//' "${1:-$(dirname "$0")/packages.txt}")
missing=""
for package in $wanted; do
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] \
        || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "These Debian packages are missing:$missing" >&2
    echo "Install them as root (apt-get install --no-install-recommends$missing), then run make again." >&2
    exit 1
fi

echo "installing$missing"
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
    trap 'exit 1' HUP INT TERM
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet=2
# shellcheck disable=SC2086  # one word a package
apt-get install --quiet=2 --yes --no-install-recommends $missing </dev/null >/dev/null
