#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Fuzz one target beside its oracle, under AddressSanitizer and UBSan, with memory that changes.
# usage: run.sh TARGET SECONDS OUT                 fuzz; OUT keeps what was built and found
#        run.sh TARGET --count N OUT [SEED]        random input, optimised, no sanitizers
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tests/fuzz
target=$1
command -v clang >/dev/null ||
	{ echo "skipped: clang is missing; run: apt-get install clang libclang-rt-dev"; exit 77; }
flags="-std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -Wno-missing-field-initializers
	-I$root -I$root/ringlib/include"
harness="$here/fuzz_$target.c $here/tables.c $here/oracle.c $here/watch.c"

if [ "$2" = --count ]; then
	out=$4
	mkdir -p "$out"
	clang $flags -O3 $harness "$here/main.c" "$root"/verifier/rlv_*.c -o "$out/$target-count"
	exec "$out/$target-count" --count "$3" ${5:+"$5"}
fi

seconds=$2
out=$3/$target
mkdir -p "$out/corpus" "$out/verifier"
san="-g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all"
echo 'int LLVMFuzzerTestOneInput(const char *d, long n); int LLVMFuzzerTestOneInput(const char *d,
	long n) { return !d && n; }' >"$out/try.c"
clang -fsanitize=fuzzer,address "$out/try.c" -o "$out/try" 2>"$out/try.log" ||
	{ cat "$out/try.log"; echo "skipped: libFuzzer is missing; run: apt-get install libclang-rt-dev"; exit 77; }
# Hooks before each load and store of the verifier, and only there: watch.h.
for file in "$root"/verifier/rlv_*.c; do
	clang $flags $san -fsanitize=fuzzer-no-link -fsanitize-coverage=trace-loads,trace-stores \
		-c "$file" -o "$out/verifier/$(basename "$file" .c).o"
done
clang $flags $san -fsanitize=fuzzer -DWATCHED $harness "$out"/verifier/*.o -o "$out/fuzz"
# New input goes to the first folder, the input that fails to OUT.
"$out/fuzz" -max_total_time="$seconds" -timeout=10 -max_len=2048 -rss_limit_mb=1024 \
	-print_final_stats=1 -artifact_prefix="$out/" -verbosity=0 \
	"$out/corpus" "$here/corpus/$target" 2>"$out/log" ||
	{
		tail -n 40 "$out/log"
		echo "the input that failed is in $out; see it again: $out/fuzz FILE"
		exit 1
	}
grep -E ' checked$' "$out/log"
