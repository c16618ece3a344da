#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Run unit tests under memcheck: no invalid access, no use of what was never set, no lost memory.
# usage: valgrind.sh SANITIZERS TEST...
[ "$1" = none ] || { echo "skipped: a program has one of sanitizers and valgrind"; exit 77; }
command -v valgrind >/dev/null ||
	{ echo "skipped: valgrind is missing; run: apt-get install valgrind"; exit 77; }
shift
failed=0
for test; do
	# Only memory that nothing points to: glibc keeps the stacks of threads that ended for later.
	out=$(valgrind --quiet --error-exitcode=99 --child-silent-after-fork=yes \
		--leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
		"$test" 2>&1)
	code=$?
	[ $code = 0 ] && continue
	failed=1
	echo "$test under valgrind ended with $code:"
	echo "$out" | grep -v '^\[ '
done
exit $failed
