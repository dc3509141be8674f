#!/bin/sh
# registry.sh STEM NAME...: C of the table STEM_types, one entry for each name,
# whose struct is STEM_NAME.
stem=$1
shift
echo "/* Generated from the list in src/$stem/Makefile.inc. */"
echo "#include \"$stem/$stem.h\""
echo
for name; do
	echo "extern const struct ${stem}_type ${stem}_$name;"
done
echo
echo "const struct ${stem}_type *const ${stem}_types[] = {"
for name; do
	echo "	&${stem}_$name,"
done
echo "	NULL"
echo "};"
