#!/bin/sh
# The HTTP API, from outside: starts the l2ld of this build folder on free ports
# and temporary state folders, and asks it everything.
#
#	L2LD		the program (./l2ld)
#	L2LD_DATA	a data folder: the tests with real data run too
#	L2LD_SLOW	factor of every time-out (1; 8 in a build with sanitizers)
set -u

PYTHON3=${PYTHON3:-/usr/bin/python3}
folder=$(cd "${srcdir:-.}" && pwd)/tests/api
L2LD=${L2LD:-$PWD/l2ld}
export L2LD

if ! command -v "$PYTHON3" >/dev/null; then
	echo "skipped: python3 is missing (Debian package: python3)"
	exit 77
fi
# Nothing is written beside the sources.
PYTHONDONTWRITEBYTECODE=1 exec "$PYTHON3" "$folder/main.py" "$@"
