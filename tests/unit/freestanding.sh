#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A file that a kernel module is to compile too must build with nothing around it and want nothing.
# Usage: freestanding.sh <include root> <file.c> <compiler...>
set -eu
root=$1
file=$2
shift 2
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"$@" -std=gnu11 -O2 -Wall -Wextra -Werror -Wmissing-prototypes -ffreestanding -fno-builtin -nostdlib \
	-I "$root" -c "$file" -o "$out/file.o"
missing=$(nm -u "$out/file.o")
[ -z "$missing" ] || { echo "$file needs: $missing"; exit 1; }
