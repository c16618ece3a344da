#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Install the library into a folder, build the example there through pkg-config, and run it.
# usage: out_of_tree.sh BUILD SOURCE SANITIZE (none, or what the library was built with)
set -eu
build=$1
source=$2
compilers="gcc clang"
sanitize=""
if [ "$3" != none ]; then
	# The two compilers have run-time libraries of their own.
	compilers=gcc
	sanitize=-fsanitize=$3
fi
top=$(mktemp -d)
forward=""
trap '[ -z "$forward" ] || kill -KILL "$forward" 2>/dev/null; rm -rf "$top"' EXIT
trap 'exit 1' INT TERM

fail()
{
	echo "FAIL: $*" >&2
	exit 1
}

meson install -C "$build" --no-rebuild --destdir "$top/root" >"$top/install.log" 2>&1 ||
	fail "meson install: $(cat "$top/install.log")"
pc=$(find "$top/root" -name ringlib.pc)
[ -n "$pc" ] || fail "no ringlib.pc was installed"
# The file names the final prefix; a sysroot puts the folder in front of it.
export PKG_CONFIG_PATH="${pc%/*}" PKG_CONFIG_SYSROOT_DIR="$top/root"
libs=$(dirname "$(find "$top/root" -name libringlib.so)")

for cc in $compilers; do
	command -v "$cc" >/dev/null || continue
	mkdir "$top/$cc"
	cp "$source"/examples/forward.c "$source"/examples/Makefile "$top/$cc/"
	make -s -C "$top/$cc" CC="$cc" CFLAGS="-O2 -Wall -Wextra -Wpedantic -Werror $sanitize" ||
		fail "$cc could not build the example"
done

# Two frames in a capture file: 60 bytes each, all zero but the addresses.
frame()
{
	printf '\0\0\0\0\0\0\0\0\074\0\0\0\074\0\0\0'
	printf '\002\0\0\0\0\002\002\0\0\0\0\001\010\0'
	head -c 46 /dev/zero
}
{
	printf '\324\303\262\241\002\0\004\0\0\0\0\0\0\0\0\0\377\377\0\0\001\0\0\0'
	frame
	frame
} >"$top/in.pcap"

cd "$top"
for cc in $compilers; do
	[ -e "$cc/forward" ] || continue
	# It runs until it is told to end: when both frames are out, or after 20 s.
	LD_LIBRARY_PATH=$libs "$cc/forward" pcap:in.pcap "pcap:,$cc.pcap" >"$cc.txt" &
	forward=$!
	for _ in $(seq 200); do
		[ "$(stat -c %s "$cc.pcap" 2>/dev/null)" = 176 ] && break
		sleep 0.1
	done
	code=0
	kill -TERM "$forward"
	wait "$forward" || code=$?
	forward=""
	[ "$code" = 0 ] || fail "$cc's forward ended with code $code"
	grep -qx 'port 0: 2 in, 0 out' "$cc.txt" || fail "$cc's forward said: $(cat "$cc.txt")"
	grep -qx 'port 1: 0 in, 2 out' "$cc.txt" || fail "$cc's forward said: $(cat "$cc.txt")"
	[ "$(tail -c 60 "$cc.pcap" | cksum)" = "$(tail -c 60 in.pcap | cksum)" ] ||
		fail "$cc's forward changed a frame"
	echo "built with $cc and forwarded 2 frames"
done
