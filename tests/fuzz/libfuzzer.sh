#!/bin/sh
# Fuzzing with clang's libFuzzer under its address and undefined-behaviour
# sanitizers, each target for FUZZ_SECONDS (30), two at a time:
#
#	[FUZZ_SECONDS=600] [CLANG=clang] tests/fuzz/libfuzzer.sh [TARGET...]
#
# Builds in the folder fuzz-build below the present one, whatever that was
# configured with, and keeps there what it finds: inputs that reach new code in
# found/TARGET, those that crash as crash-TARGET-*.  The last line is the count;
# fails when anything crashed.
set -eu
srcdir=$(cd "$(dirname "$0")/../.." && pwd)
l2ld=$(cd "$(dirname "${L2LD:-./l2ld}")" && pwd)/l2ld
[ $# -gt 0 ] || set -- config idx query request safetensors spec cifar log token
mkdir -p fuzz-build
cd fuzz-build
[ -f Makefile ] || "$srcdir/configure" -q CC="${CLANG:-clang}" CFLAGS="-O1 -g" \
	--with-sanitizer=fuzzer-no-link,address,undefined
# The LSTM kernels are not what is fuzzed, and take minutes when instrumented.
programs=$(printf ' tests/fuzz/fuzz_%s' "$@")
make -s -j"$(nproc)" FUZZ_LDFLAGS=-fsanitize=fuzzer \
	KERNEL_CFLAGS="-std=gnu11 -O1 -Wno-psabi" $programs

# Words that mean something: of a job's and the program's options as it says
# them, of the rest by hand.
mkdir -p words
cp "$srcdir"/tests/fuzz/words/* words/
if [ -x "$l2ld" ]; then
	"$l2ld" describe | sed -n \
		-e 's/^ *\([a-z_]*\): .*/"\\"\1\\":"/p' \
		-e 's/^[a-z]* of type \([a-z_]*\).*/"\\"\1\\""/p' |
		sort -u >words/spec
	"$l2ld" describe | sed -n 's/^.*string: \([a-z_, ]*\);.*/\1/p' |
		tr -s ', ' '\n' | sort -u | sed 's/.*/"\\"&\\""/' >>words/spec
	"$l2ld" --help | sed -n 's/^ *--\([a-z-]*\) .*/"\1 = "/p' >words/config
fi

# fuzz TARGET
cat >fuzz-one <<'END'
target=$1
mkdir -p "found/$target"
words= jobs=
[ "$target" = spec ] && jobs=$3/etc/jobs
[ -s "words/$target" ] && words=-dict=words/$target
tests/fuzz/fuzz_$target -max_total_time="$2" $words \
	-timeout=60 -max_len=65536 -print_final_stats=1 \
	-artifact_prefix="crash-$target-" "found/$target" \
	"$3/tests/fuzz/corpus/$target" $jobs >"log-$target" 2>&1 ||
	echo crashed >>"log-$target"
END
rm -f log-*
printf '%s\n' "$@" | xargs -P 2 -I TARGET sh fuzz-one TARGET \
	"${FUZZ_SECONDS:-30}" "$srcdir"

runs=0 crashes=0 targets=0
for target; do
	new=$(sed -n 's/^stat::number_of_executed_units: *//p' "log-$target")
	edges=$(sed -n 's/.*DONE *cov: \([0-9]*\).*/\1/p' "log-$target")
	echo "$target: ${new:-0} executions, ${edges:-?} edges"
	if [ "$(tail -n 1 "log-$target")" = crashed ]; then
		crashes=$((crashes + 1))
		tail -n 60 "log-$target"
	fi
	runs=$((runs + ${new:-0})) targets=$((targets + 1))
done
echo "fuzz: $runs executions on $targets parsers, crashes $crashes"
[ "$crashes" = 0 ] && [ "$runs" -gt 0 ]
