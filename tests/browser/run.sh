#!/bin/sh
# The dashboard in headless Chromium, on a daemon with one finished job.
set -eu
srcdir=${srcdir:-.}
folder=$(mktemp -d)
pid=
cleanup() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || :
	[ -z "$pid" ] || wait "$pid" 2>/dev/null || :
	rm -rf "$folder"
}
trap cleanup EXIT INT TERM

./l2ld serve --listen 127.0.0.1:0 --state "$folder/state" \
	>"$folder/out" 2>"$folder/log" &
pid=$!
url=
for _ in $(seq 300); do
	url=$(sed -n 's/^l2ld .* ready: //p' "$folder/out")
	[ -z "$url" ] || break
	sleep 0.1
done
[ -n "$url" ] || { cat "$folder/log"; echo "the daemon did not start"; exit 1; }
curl -sf -o /dev/null -d @"$srcdir/etc/jobs/simple.json" \
	-H 'Content-Type: application/json' "${url}api/v1/jobs"
for _ in $(seq 600); do
	case $(curl -sf "${url}api/v1/jobs/1") in
	*'"state": "succeeded"'* | *'"state":"succeeded"'*) break ;;
	esac
	sleep 0.2
done
status=0
"${PYTHON3:-/usr/bin/python3}" "$srcdir/tests/browser/test_dashboard.py" \
	"$url" || status=$?
# What it offers in each state, and the same page for another user of the machine,
# where we can be one.
for test in test_actions test_token; do
	[ "$status" = 0 ] || break
	PYTHONDONTWRITEBYTECODE=1 L2LD=$PWD/l2ld "${PYTHON3:-/usr/bin/python3}" \
	    "$srcdir/tests/browser/$test.py" || [ $? = 77 ] || status=1
done
exit "$status"
