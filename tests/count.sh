#!/bin/sh
# count.sh BUILD...: what the last `make check` in each build folder did, as one
# line `N passed, N failed, N skipped`.  Counts single checks where a test
# program says how many it made, whole programs where it does not.  Fails when
# anything failed or nothing ran.
set -eu
find "$@" -name '*.trs' | sort | while read -r trs; do
	log=${trs%.trs}.log
	result=$(sed -n 's/^:test-result: *//p' "$trs")
	# libcheck: "100%: Checks: 22, Failures: 0, Errors: 0"
	# others:   "api: 40 passed, 0 failed, 1 skipped"
	awk -v result="$result" '
	/^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+/ {
		gsub(/[,%:]/, " ")
		passed += $3 - $5 - $7
		failed += $5 + $7
		told = 1
	}
	/^[a-z]+: [0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/ {
		passed += $2
		failed += $4
		skipped += $6
		told = 1
	}
	/^skipped: / { skipped++ }
	END {
		if (!told && result == "PASS")
			passed++
		if (result == "SKIP" && !skipped)
			skipped++
		if (result != "PASS" && result != "SKIP" && !failed)
			failed++
		print passed + 0, failed + 0, skipped + 0
	}' "$log"
done | awk '
{ passed += $1; failed += $2; skipped += $3 }
END {
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
	exit failed > 0 || passed == 0
}'
