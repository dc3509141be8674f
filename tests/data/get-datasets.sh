#!/bin/sh
# etc/get-datasets: what it refuses and, with real data in L2LD_DATA, what it
# fetches from a folder and from an address.
set -u

get=$(cd "${srcdir:-.}" && pwd)/etc/get-datasets
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
data=${L2LD_DATA-}
unset L2LD_DATA
failed=0

# expect STATUS TEXT ARGUMENT...: the script ends like that, and says TEXT.
expect() {
	status=$1
	text=$2
	shift 2
	"$get" "$@" >"$work/out" 2>&1
	got=$?
	if [ $got -ne "$status" ] || ! grep -q -e "$text" "$work/out"; then
		echo "get-datasets $*: status $got, expected $status and" \
		    "\"$text\"; it said:"
		cat "$work/out"
		failed=1
	fi
}

# empty FOLDER: nothing was left there, not even under a temporary name.
empty() {
	if [ -n "$(ls -A "$1")" ]; then
		echo "left over in $1: $(ls -A "$1")"
		failed=1
	fi
}

expect 0 'Usage:' --help
expect 2 'Usage:'
expect 2 'no option' --frm x mnist
expect 2 'needs a value' -d
expect 2 'no data set minst' -d "$work/to" minst
expect 2 'L2LD_DATA' mnist
expect 1 'cannot fetch it' -d "$work/to" --from "$work/none" mnist
empty "$work/to"
expect 1 'cannot fetch it' -d "$work/to" --from "file://$work/none" mnist digits8x8
empty "$work/to"
mkdir "$work/bad"
for file in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1
do
	echo nonsense >"$work/bad/$file-ubyte"
done
expect 1 'wrong sum' -d "$work/to" --from "$work/bad" mnist
empty "$work/to"
printf '0,1,2\n<html>\n' >"$work/bad/optdigits.tra"
cp "$work/bad/optdigits.tra" "$work/bad/optdigits.tes"
echo nonsense | gzip >"$work/bad/cifar-10-binary.tar.gz"
expect 1 'wrong sum' -d "$work/to" --from "$work/bad" cifar10
expect 1 'cannot fetch it' -d "$work/to" --from "$work/none" cifar10
empty "$work/to"
mkdir "$work/to/cifar-10-batches-bin"
expect 0 'left alone' -d "$work/to" --from "$work/bad" cifar10
rmdir "$work/to/cifar-10-batches-bin"
rm "$work"/bad/t10k-labels*
expect 1 'wrong sum' -d "$work/to" --from "$work/bad" digits8x8
empty "$work/to"

if [ -z "$data" ] || [ ! -d "$data/digits8x8" ]; then
	echo "skipped: fetching, no digits8x8 in L2LD_DATA"
	exit $failed
fi

expect 0 'done' -d "$work/to" --from "$data" digits8x8
expect 0 'already in' -d "$work/to" --from "$work/none" digits8x8
# What is there and is something else is not overwritten.
echo nonsense >"$work/to/digits8x8/t10k-labels-idx1-ubyte"
rm "$work"/to/digits8x8/t10k-labels*.gz
expect 1 'remove it first' -d "$work/to" --from "$data" digits8x8
grep -q nonsense "$work/to/digits8x8/t10k-labels-idx1-ubyte" || failed=1

# The form in which UCI publishes it, made from the IDX files, by address.
mkdir "$work/uci"
csv() {
	gzip -dc "$data/digits8x8/$1-images-idx3-ubyte.gz" |
	    od -An -v -tu1 -j16 -w64 | sed 's/^ *//; s/  */,/g' >"$work/x"
	gzip -dc "$data/digits8x8/$1-labels-idx1-ubyte.gz" |
	    od -An -v -tu1 -j8 -w1 | tr -d ' ' | paste -d, "$work/x" -
}
csv train >"$work/uci/optdigits.tra"
csv t10k >"$work/uci/optdigits.tes"
rm -r "$work/to"
expect 0 'done' -d "$work/to" --from "file://$work/uci" digits8x8
gzip -dc "$data/digits8x8/train-images-idx3-ubyte.gz" |
    cmp - "$work/to/digits8x8/train-images-idx3-ubyte" || failed=1

if [ -d "$data/mnist" ]; then
	expect 0 'mnist: done' -d "$work/to" --from "file://$data" mnist digits8x8
	cmp "$data/mnist/train-images-idx3-ubyte.gz" \
	    "$work/to/mnist/train-images-idx3-ubyte.gz" || failed=1
	[ "$(ls -A "$work/to")" = "digits8x8
mnist" ] || failed=1
else
	echo "skipped: mnist, none in L2LD_DATA"
fi
exit $failed
