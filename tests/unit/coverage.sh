#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every line and branch of the verifier is run by its unit tests and the fuzz corpus together.
# usage: coverage.sh SANITIZERS
[ "$1" = none ] || { echo "skipped: coverage is measured without sanitizers"; exit 77; }
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cd "$out"
# -O0: nothing is merged or dropped. The objects are shared, so that the counts add up. Each function
# once: rlv_inline's attribute would make copies, each with branches of its own.
flags="-std=gnu11 -O0 -Dalways_inline=unused -D_GNU_SOURCE -Wno-missing-field-initializers -I$root -I$root/ringlib/include"
for file in "$root"/verifier/*.c; do
	gcc $flags --coverage -c "$file" -o "$(basename "$file" .c).o"
done
run() {
	name=$1
	shift
	"$@" >"$name.log" 2>&1 || { cat "$name.log"; echo "$name failed, see above"; exit 1; }
}
for test in "$root"/tests/unit/test_rlv_*.c; do
	name=$(basename "$test" .c)
	gcc $flags "$test" ./*.o -lcmocka -lgcov -o "$name"
	run "$name" "./$name"
done
fuzz=$root/tests/fuzz
for target in table e1000; do
	gcc $flags "$fuzz/fuzz_$target.c" "$fuzz/tables.c" "$fuzz/oracle.c" "$fuzz/watch.c" \
		"$fuzz/main.c" ./*.o -lgcov -o "fuzz_$target"
	run "fuzz_$target" "./fuzz_$target" "$fuzz/corpus/$target"
done
gcov --branch-counts --branch-probabilities --object-directory . ./*.o >gcov.log 2>&1
# A line that never ran is #####; a branch is told below the line that it belongs to.
awk -F: '
	/^ *[0-9#=-]+\*?: *[0-9]+:/ { line = $2 + 0; text = $0; sub(/^[^:]*:[^:]*:/, "", text) }
	FNR == 1 { file = $0; sub(/^.*Source:/, "", file); sub(/^.*verifier/, "verifier", file) }
	/^ *(#####|=====):/ { print file ":" line ": never run:" text; bad++ }
	/^branch +[0-9]+ (taken 0( |%|$)|never executed)/ {
		print file ":" line ": a branch is never taken:" text; bad++ }
	/^ *[0-9]+\*?:/ { lines++ }
	/^branch/ { branches++ }
	END {
		print lines " lines and " branches " branches of verifier/, " bad + 0 " missed"
		exit bad > 0 || !lines || !branches
	}' ./*rlv_*.gcov
