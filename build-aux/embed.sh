#!/bin/sh
# embed.sh SYMBOL FILE...
#
# Prints C that defines `const struct embedded SYMBOL[]` (see
# src/base/embedded.h) with each file's name (without its folder) and bytes,
# ended by an entry whose name is NULL.
set -eu

if [ $# -lt 1 ]; then
	echo "usage: embed.sh SYMBOL FILE..." >&2
	exit 2
fi
symbol=$1
shift
for file; do
	if [ ! -f "$file" ] || [ ! -r "$file" ]; then
		echo "embed.sh: cannot read $file" >&2
		exit 1
	fi
done

echo "/* Made by embed.sh; edit the files it was made from. */"
echo "#include \"base/embedded.h\""
echo

i=0
for file; do
	echo "static const unsigned char bytes_${i}[] = {"
	od -An -v -tx1 "$file" | sed 's/ *\([0-9a-f][0-9a-f]\)/0x\1,/g'
	echo "0 };"
	echo
	i=$((i + 1))
done

echo "extern const struct embedded ${symbol}[];"
echo "const struct embedded ${symbol}[] = {"
i=0
for file; do
	name=$(basename "$file" | sed 's/["\\]/\\&/g')
	echo "	{ \"$name\", bytes_$i, sizeof bytes_$i - 1 },"
	i=$((i + 1))
done
echo "	{ 0, 0, 0 }"
echo "};"
