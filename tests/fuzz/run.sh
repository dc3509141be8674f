#!/bin/sh
# Every fuzz target on its corpus and on mutations of it: as many as FUZZ_RUNS
# says.
set -eu
corpus=${srcdir:-.}/tests/fuzz/corpus
for target in cifar config idx log query request safetensors spec token; do
	tests/fuzz/fuzz_$target "$corpus/$target"
done
