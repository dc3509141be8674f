#!/bin/sh
# Fuzzing with clang's libFuzzer under its address and undefined-behaviour
# sanitizers, each target for FUZZ_SECONDS (30):
#
#	[FUZZ_SECONDS=600] [CLANG=clang] tests/fuzz/libfuzzer.sh [TARGET...]
#
# Builds in the folder fuzz-build below the present one, whatever that was
# configured with, and keeps there what it finds: inputs that reach new code in
# found/TARGET, those that crash as crash-*.
set -eu
srcdir=$(cd "$(dirname "$0")/../.." && pwd)
[ $# -gt 0 ] || set -- config idx query request safetensors spec
mkdir -p fuzz-build
cd fuzz-build
[ -f Makefile ] || "$srcdir/configure" -q CC="${CLANG:-clang}" CFLAGS="-O1 -g" \
	--with-sanitizer=fuzzer-no-link,address,undefined
# The LSTM kernels are not what is fuzzed, and take minutes when instrumented.
for target; do
	make -j"$(nproc)" FUZZ_LDFLAGS=-fsanitize=fuzzer \
		KERNEL_CFLAGS="-std=gnu11 -O1 -Wno-psabi" tests/fuzz/fuzz_$target
done
for target; do
	mkdir -p found/$target
	echo "== $target"
	tests/fuzz/fuzz_$target -max_total_time="${FUZZ_SECONDS:-30}" \
		-timeout=20 -max_len=65536 -print_final_stats=1 \
		-artifact_prefix="crash-$target-" found/$target \
		"$srcdir/tests/fuzz/corpus/$target"
done
