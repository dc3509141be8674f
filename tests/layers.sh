#!/bin/sh
# Which folder of src/ may include which, and where a foreign header's one home
# is (doc/ARCHITECTURE.md).
set -eu
cd "${srcdir:-.}"
status=0

# may FOLDER "FOLDERS IT MAY INCLUDE BESIDE ITSELF"
may() {
	for file in $(find "src/$1" -name '*.[ch]'); do
		for used in $(sed -n 's/^#include "\([a-z]*\)\/.*/\1/p' "$file" | sort -u); do
			case " $1 $2 " in
			*" $used "*) ;;
			*)
				echo "$file includes $used/, which is not below $1/"
				status=1
				;;
			esac
		done
	done
}
may base ""
may num "base"
may data "base num"
may problem "base num data"
may optim "base num"
may meta "base num data problem optim"
may store "base"
may job "base num data problem optim meta store"
may http "base store job"
may daemon "base num data problem optim meta store job http"

# home HEADER FOLDER...: included nowhere else
home() {
	header=$1
	shift
	for file in $(grep -rl "#include <$header>" src || true); do
		for folder; do
			case $file in src/"$folder"/*) continue 2 ;; esac
		done
		echo "$file includes $header, whose home is: $*"
		status=1
	done
}
home cblas.h num
home immintrin.h num
home sqlite3.h store
home microhttpd.h http
home gnutls/gnutls.h http
home gnutls/abstract.h http
home gnutls/crypto.h job
home jansson.h job http daemon
home curl/curl.h daemon

# Quoted includes are path-qualified.
if grep -rn '#include "[^/"]*"' src; then
	echo "includes are written with their folder"
	status=1
fi
exit $status
