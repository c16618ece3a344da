#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Install the Debian packages that a goal needs and that are missing.
# usage: tools/deps.sh build|test|bench|proof
set -eu

build="gcc libc6-dev pkg-config meson ninja-build python3 libnuma-dev libpcap-dev"
vm="qemu-system-x86 busybox-static zstd iproute2 iputils-ping ethtool iperf3 tcpdump"
test="g++ clang libclang-rt-dev libcmocka-dev valgrind binutils clang-format spin"
# Not in every Debian: what a release does not have is left out, and the proofs with it.
proof="frama-c-base why3 z3 cvc4"
bench="dpdk libdpdk-dev libck-dev gnuplot-nox"

case "${1-}" in
build) want="$build" ;;
test) want="$build $vm $test $proof" ;;
bench) want="$build $vm $test $bench" ;;
proof) want="$proof clang libclang-rt-dev python3" ;;
*)
	echo "usage: tools/deps.sh build|test|bench|proof" >&2
	exit 2
	;;
esac

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
	echo "No apt-get here. Install what these Debian packages hold, then run make again with"
	echo "DEPS=no:"
	printf '    %s\n' $want
	exit 1
fi

missing=""
for p in $want; do
	dpkg-query -W -f '${db:Status-Status}\n' "$p" 2>/dev/null | grep -qx installed ||
		missing="$missing $p"
done
# The test host's kernel is downloaded later, by name: that needs package lists.
lists=no
if [ "$1" != build ] && ! apt-cache show linux-image-amd64 >/dev/null 2>&1; then
	lists=yes
fi
# Of $missing, what can be installed or must be.
available() {
	for p in $missing; do
		case " $proof " in
		*" $p "*) apt-cache show "$p" >/dev/null 2>&1 || continue ;;
		esac
		printf ' %s' "$p"
	done
}
[ "$lists" = yes ] || missing=$(available)
[ -n "$missing" ] || [ "$lists" = yes ] || exit 0

as_root=""
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "Packages are missing and there is no sudo. As root run:"
		echo "    apt-get update && apt-get install --no-install-recommends$missing"
		exit 1
	fi
	as_root=sudo
fi
$as_root apt-get -q update
missing=$(available)
[ -z "$missing" ] || echo "installing:$missing"
[ -z "$missing" ] || $as_root env DEBIAN_FRONTEND=noninteractive \
	apt-get -q install -y --no-install-recommends $missing
