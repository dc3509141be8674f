/* How digits are written: strokes in the unit square. */
#ifndef L2LD_DATA_GLYPHS_H
#define L2LD_DATA_GLYPHS_H

#include <stdbool.h>

#define GLYPHS 10
#define GLYPH_VARIANTS 3	/* ways to write a digit */
#define GLYPH_STROKES 2		/* at most; an unused one has no points */
#define STROKE_POINTS 12	/* at most */

struct point {
	float x, y;
};

/* Points, x to the right and y downwards from 0 to 1, joined by straight lines
 * or, if smooth, by a Catmull-Rom spline. */
struct stroke {
	bool smooth;
	int len;
	struct point points[STROKE_POINTS];
};

extern const struct stroke glyphs[GLYPHS][GLYPH_VARIANTS][GLYPH_STROKES];

#endif
