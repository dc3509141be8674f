#!/bin/sh
# The golden vectors with every instruction set's kernels that this CPU runs.
set -eu
for level in x86-64-v2 x86-64-v3 x86-64-v4; do
	got=$(L2LD_KERNELS=$level tests/golden/test_golden) || {
		echo "$got"
		echo "FAIL: golden vectors with $level"
		exit 1
	}
	echo "$got" | sed -n 's/^kernels: //p; s/^100%/&/p'
done
