#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The README's example program is the one that is built. usage: readme.sh ROOT
set -eu
shown=$(sed -n '/^```c$/,/^```$/p' "$1/README.md" | sed '1d;$d')
built=$(sed 1d "$1/examples/reflect.c")
if [ "$shown" != "$built" ]; then
	echo "README.md does not show examples/reflect.c as it is; copy it there"
	exit 1
fi
