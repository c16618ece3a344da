#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Each public header compiles alone, in C and, where there is a compiler for it, in C++, and a C++
# program links. usage: headers.sh ROOT LIBRARY_FOLDER SANITIZE CC...
set -eu
root=$1
library=$2
sanitize=$3
shift 3
include=$root/ringlib/include
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for header in "$include"/ringlib/*.h; do
	echo "#include <ringlib/$(basename "$header")>" >"$folder/one.c"
	"$@" -std=gnu11 -Wall -Wextra -Werror -I"$include" -fsyntax-only "$folder/one.c"
done
if ! command -v g++ >/dev/null; then
	echo "C++ not tried: no g++ here"
	exit 0
fi
for header in "$include"/ringlib/*.h; do
	echo "#include <ringlib/$(basename "$header")>" >"$folder/one.cc"
	g++ -Wall -Wextra -Werror -I"$include" -fsyntax-only "$folder/one.cc"
done
[ "$sanitize" = none ] || exit 0
cat >"$folder/program.cc" <<'EOF'
#include <ringlib/ringlib.h>

int main()
{
	rlb_stop();
	return rlb_running();
}
EOF
g++ -I"$include" "$folder/program.cc" -L"$library" -lringlib -o "$folder/program"
LD_LIBRARY_PATH="$library" "$folder/program"
