#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Files that a kernel module is to compile too must build with nothing around them, and together
# want nothing.
# Usage: freestanding.sh <include root> <file.c>... -- <compiler...>
set -eu
root=$1
shift
files=
while [ "$1" != -- ]; do
	files="$files $1"
	shift
done
shift
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for file in $files; do
	"$@" -std=gnu11 -O2 -Wall -Wextra -Wconversion -Werror -Wmissing-prototypes \
		-Wframe-larger-than=256 -Wvla -ffreestanding -fno-builtin -nostdlib \
		-I "$root" -c "$file" -o "$out/$(basename "$file").o"
done
ld -r -o "$out/all" "$out"/*.o
missing=$(nm -u "$out/all")
[ -z "$missing" ] || { echo "$files need: $missing"; exit 1; }
