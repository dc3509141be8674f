#include "data/synthetic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "data/glyphs.h"

#define SIDE 28
#define PIXELS (SIDE * SIDE)
#define TRAIN 20000
#define TEST 4000
#define SEED 1			/* stored results depend on it */
#define SPAN_PARTS 4		/* straight pieces between two spline points */
#define FAR 1e9f		/* squared distance of an untouched pixel */

/* Draws of one image, each from [0, 1). */
enum {
	DRAW_VARIANT, DRAW_TURN, DRAW_SHEAR, DRAW_WIDTH, DRAW_HEIGHT,
	DRAW_RIGHT, DRAW_DOWN, DRAW_PEN, DRAW_EDGE, DRAW_INK, DRAW_NOISE,
	DRAW_JITTER, DRAWS = DRAW_JITTER + 2 * GLYPH_STROKES * STROKE_POINTS
};

/* From the unit square to pixels. */
struct map {
	float xx, xy, yx, yy, x0, y0;
};

static float
between(float unit, float low, float high)
{
	return low + (high - low) * unit;
}

/* Turn, shear, sizes and shift.  Only arithmetic and functions whose results
 * IEEE 754 fixes take part in an image, and the folder is compiled with
 * -ffp-contract=off: the set is the same everywhere. */
static struct map
draw_map(const float *u)
{
	/* t is the tangent of half the angle, some 18 degrees at most. */
	float t = between(u[DRAW_TURN], -0.16f, 0.16f);
	float c = (1 - t * t) / (1 + t * t), s = 2 * t / (1 + t * t);
	float shear = between(u[DRAW_SHEAR], -0.45f, 0.2f);
	float w = between(u[DRAW_WIDTH], 11, 18);
	float h = between(u[DRAW_HEIGHT], 16, 21);
	/* Rotation x shear x scale. */
	struct map a = { c * w, (c * shear - s) * h, s * w,
	    (s * shear + c) * h, 0, 0 };

	/* The square's middle comes near the image's. */
	a.x0 = SIDE / 2 + between(u[DRAW_RIGHT], -2, 2) - (a.xx + a.xy) / 2;
	a.y0 = SIDE / 2 + between(u[DRAW_DOWN], -2, 2) - (a.yx + a.yy) / 2;
	return a;
}

/* Lower the squared distances [SIDE][SIDE] of pixels within `reach` to those
 * from the segment a-b. */
static void
draw_segment(struct point a, struct point b, float reach, float *distances)
{
	float dx = b.x - a.x, dy = b.y - a.y;
	float square = dx * dx + dy * dy;
	float inverse = square > 0 ? 1 / square : 0;
	int left = (int)fmaxf(fminf(a.x, b.x) - reach, 0);
	int right = (int)fminf(fmaxf(a.x, b.x) + reach, SIDE - 1);
	int top = (int)fmaxf(fminf(a.y, b.y) - reach, 0);
	int bottom = (int)fminf(fmaxf(a.y, b.y) + reach, SIDE - 1);

	for (int row = top; row <= bottom; row++) {
		float py = (float)row + 0.5f - a.y;

		for (int col = left; col <= right; col++) {
			float px = (float)col + 0.5f - a.x;
			float t = (px * dx + py * dy) * inverse;
			float *d = &distances[row * SIDE + col];

			t = t < 0 ? 0 : t > 1 ? 1 : t;
			float ex = px - t * dx, ey = py - t * dy;
			float here = ex * ex + ey * ey;

			*d = here < *d ? here : *d;
		}
	}
}

/* The Catmull-Rom spline through b and c at t of [0, 1]. */
static struct point
spline(struct point a, struct point b, struct point c, struct point d, float t)
{
	float wa = ((2 - t) * t - 1) * t, wb = (3 * t - 5) * t * t + 2;
	float wc = ((4 - 3 * t) * t + 1) * t, wd = (t - 1) * t * t;

	return (struct point){
		(wa * a.x + wb * b.x + wc * c.x + wd * d.x) / 2,
		(wa * a.y + wb * b.y + wc * c.y + wd * d.y) / 2,
	};
}

static void
draw_stroke(const struct stroke *stroke, const struct map *map,
    const float *jitter, float reach, float *distances)
{
	struct point p[STROKE_POINTS];
	int parts = stroke->smooth ? SPAN_PARTS : 1, last = stroke->len - 1;

	for (int i = 0; i <= last; i++) {
		float x = stroke->points[i].x +
		    between(jitter[2 * i], -0.095f, 0.095f);
		float y = stroke->points[i].y +
		    between(jitter[2 * i + 1], -0.08f, 0.08f);

		p[i].x = map->xx * x + map->xy * y + map->x0;
		p[i].y = map->yx * x + map->yy * y + map->y0;
	}
	for (int i = 0; i < last; i++) {
		struct point from = p[i];

		for (int j = 1; j <= parts; j++) {
			struct point to = j == parts ? p[i + 1] :
			    spline(p[i > 0 ? i - 1 : 0], p[i], p[i + 1],
			    p[i + 2 <= last ? i + 2 : last],
			    (float)j / (float)parts);

			draw_segment(from, to, reach, distances);
			from = to;
		}
	}
}

/* One image of a digit. */
static void
draw_image(const struct random_key *key, int digit, uint8_t image[PIXELS])
{
	float u[DRAWS], noise[PIXELS], distances[PIXELS];
	struct random_key noise_key = *key;
	struct map map;

	random_uniform(key, DRAWS, 0, 1, u);
	noise_key.step = 1;
	random_uniform(&noise_key, PIXELS, 0, 1, noise);
	map = draw_map(u);

	float pen = between(u[DRAW_PEN], 0.6f, 1.7f);	/* half its width */
	float edge = between(u[DRAW_EDGE], 0.5f, 1.1f);	/* of the soft edge */
	float ink = between(u[DRAW_INK], 0.8f, 1.1f);
	float light = between(u[DRAW_NOISE], 0, 0.16f);
	int variant = (int)(u[DRAW_VARIANT] * GLYPH_VARIANTS);

	for (int i = 0; i < PIXELS; i++)
		distances[i] = FAR;
	for (int i = 0; i < GLYPH_STROKES; i++)
		draw_stroke(&glyphs[digit][variant][i], &map,
		    u + DRAW_JITTER + 2 * STROKE_POINTS * i, pen + edge,
		    distances);
	for (int i = 0; i < PIXELS; i++) {
		/* Full ink within pen - edge, none beyond pen + edge. */
		float v = (pen + edge - sqrtf(distances[i])) / (2 * edge);

		v = v < 0 ? 0 : v > 1 ? 1 : v;
		v = ink * v + light * (noise[i] - 0.6f);
		v = v < 0 ? 0 : v > 1 ? 1 : v;
		image[i] = (uint8_t)(v * 255 + 0.5f);
	}
}

static int
generate(uint32_t part, size_t count, struct records *records)
{
	struct random_key key = { SEED, RANDOM_DATASET, RANDOM_TRAIN, part,
	    0, 0 };

	records->count = count;
	records->images = malloc(count * PIXELS);
	records->labels = malloc(count);
	if (records->images == NULL || records->labels == NULL) {
		records_free(records);
		return ERR_MEMORY;
	}
	for (size_t i = 0; i < count; i++) {
		int digit = (int)(i % GLYPHS);

		key.instance = (uint32_t)i;
		draw_image(&key, digit, records->images + i * PIXELS);
		records->labels[i] = (uint8_t)digit;
	}
	return 0;
}

void
synthetic_describe(struct dataset_info *info)
{
	memset(info, 0, sizeof *info);
	info->inputs = PIXELS;
	info->rows = SIDE;
	info->cols = SIDE;
	info->channels = 1;
	info->classes = GLYPHS;
	info->train = TRAIN;
	info->test = TEST;
	info->scale = 1.0f / 255;
	info->bytes = (TRAIN + TEST) * (size_t)(PIXELS + 1);
}

int
synthetic_load(struct records *train, struct records *test)
{
	int r;

	memset(test, 0, sizeof *test);
	r = generate(0, TRAIN, train);
	if (r < 0)
		return r;
	r = generate(1, TEST, test);
	if (r < 0)
		records_free(train);
	return r;
}
