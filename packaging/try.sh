#!/bin/sh
# Installs what the scripts beside this one made into a clean Debian, and runs it there. It needs root, and debootstrap.
set -eu
cd "$(dirname "$0")/.."

mirror="${MIRROR:-$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb \(\[[^]]*\] \)\?\([^ ]*\).*/\2/p' /etc/apt/sources.list.d/* /etc/apt/sources.list 2>/dev/null | head -n 1)}"
suite="$(. /etc/os-release && echo "$VERSION_CODENAME")"
root="$(mktemp -d)"
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase "$suite" "$root" "$mirror" > "$root.log" || { tail "$root.log"; exit 1; }

mkdir "$root/samples"
cp samples/*.pcapng "$root/samples"
inside() {
    chroot "$root" env DEBIAN_FRONTEND=noninteractive "$@"
}

if [ -x target/static/msncensus ]; then
    cp target/static/msncensus "$root/static"
    inside /static -t summary /samples/msn-6.0-required.pcapng
fi

cp target/debian/msncensus_*.deb "$root/msncensus.deb"
inside apt-get install --yes --no-install-recommends /msncensus.deb
inside msncensus --version
inside msncensus -t summary /samples/msn-6.0-required.pcapng
inside msncensus -o /tables /samples
inside ls /tables
inside ls /usr/share/man/man1/msncensus.1.gz /usr/share/bash-completion/completions/msncensus
inside dpkg --verify msncensus
inside apt-get purge --yes msncensus
