/* Vectors of floats, as wide as the instruction set that a file is compiled
 * for, in GCC's vector extension (clang has it too); and the elementary
 * functions of the LSTM on them.  Only kernels that are compiled once per
 * instruction set include this.
 *
 * NaN in is NaN out: nothing here may be compiled with -ffast-math. */
#ifndef L2LD_NUM_SIMD_H
#define L2LD_NUM_SIMD_H

#include <stdint.h>
#include <string.h>

#if defined(__SSE__)
#include <immintrin.h>
#endif
#if defined(__AVX512F__) && defined(__AVX512DQ__)
#define VL 16
#elif defined(__AVX2__)
#define VL 8
#else
#define VL 4
#endif

typedef float vec __attribute__((vector_size(4 * VL)));
typedef int32_t veci __attribute__((vector_size(4 * VL)));
typedef uint32_t vecu __attribute__((vector_size(4 * VL)));

#define INLINE static inline __attribute__((always_inline))

/* Loops over tiles have constant bounds and must vanish. */
#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif

INLINE vec
vec_load(const float *p)
{
	vec v;

	memcpy(&v, p, sizeof v);
	return v;
}

INLINE void
vec_store(float *p, vec v)
{
	memcpy(p, &v, sizeof v);
}

INLINE vec
vec_all(float x)
{
	return x - (vec){ 0 };
}

/* mask ? a : b, lane by lane; mask is all ones or all zeros. */
INLINE vec
vec_select(veci mask, vec a, vec b)
{
	return (vec)((mask & (veci)a) | (~mask & (veci)b));
}

/* The lesser and the greater; x where that is NaN.  (x86's instructions give the
 * second operand when one is NaN.) */
INLINE vec
vec_min(float high, vec x)
{
#if VL == 16
	return (vec)_mm512_min_ps((__m512)vec_all(high), (__m512)x);
#elif VL == 8
	return (vec)_mm256_min_ps((__m256)vec_all(high), (__m256)x);
#elif defined(__SSE__)
	return (vec)_mm_min_ps((__m128)vec_all(high), (__m128)x);
#else
	return vec_select(x > vec_all(high), vec_all(high), x);
#endif
}

INLINE vec
vec_max(float low, vec x)
{
#if VL == 16
	return (vec)_mm512_max_ps((__m512)vec_all(low), (__m512)x);
#elif VL == 8
	return (vec)_mm256_max_ps((__m256)vec_all(low), (__m256)x);
#elif defined(__SSE__)
	return (vec)_mm_max_ps((__m128)vec_all(low), (__m128)x);
#else
	return vec_select(x < vec_all(low), vec_all(low), x);
#endif
}

INLINE vec
vec_clamp(vec x, float low, float high)
{
	return vec_max(low, vec_min(high, x));
}

/* The pieces of vec_sigmoid2, with AVX-512 an instruction or two each:
 *	vec_exponent	y, cut off where 1 + 2^y is too large to be inverted
 *	vec_fraction	y - floor(y); and what vec_scale wants for 2^floor(y)
 *	vec_scale	e 2^floor(y)
 *	vec_inverse	1 / d */
#if VL == 16
INLINE vec
vec_exponent(vec y)
{
	return vec_min(126, y);
}

INLINE vec
vec_fraction(vec y, vec *power)
{
	*power = y;
	return (vec)_mm512_reduce_ps((__m512)y, _MM_FROUND_TO_NEG_INF |
	    _MM_FROUND_NO_EXC);
}

INLINE vec
vec_scale(vec e, vec power)
{
	return (vec)_mm512_scalef_ps((__m512)e, (__m512)power);
}

/* An estimate and a step of Newton's method: cheaper than a division. */
INLINE vec
vec_inverse(vec d)
{
	vec r = (vec)_mm512_rcp14_ps((__m512)d);

	return r + r * (1.0f - d * r);
}
#else
INLINE vec
vec_exponent(vec y)
{
	return vec_clamp(y, -126, 126);
}

INLINE vec
vec_fraction(vec y, vec *power)
{
	/* Adding 1.5 x 2^23 leaves floor(y) in the low bits, an integer.  (Of
	 * NaN comes some power, and e is NaN.) */
	const vec magic = vec_all(12582912);
	vec t = (y - 0.5f) + magic;

	*power = (vec)(((vecu)t << 23) + 0x3f800000u);
	return y - (t - magic);
}

INLINE vec
vec_scale(vec e, vec power)
{
	return e * power;
}

INLINE vec
vec_inverse(vec d)
{
	return 1.0f / d;
}
#endif

#define SIGMOIDS_MAX 4

/* y := 1 / (1 + 2^y) of n vectors: a logistic sigmoid of -y log 2, whose factor
 * callers fold into their weights.  Within 2e-7 of it for all floats.
 *
 *	2^y = 2^floor(y) P(y - floor(y))
 *
 * with P the polynomial of degree 5 that has the least relative error on [0, 1]
 * (8e-8 before rounding).  The n chains of dependent instructions are written
 * side by side: one alone would wait most of the time. */
INLINE void
vec_sigmoid2(vec *y, const int n)
{
	static const float p[] = { 0.0018775766948238015f,
	    0.00898933969438076f, 0.05582631751894951f, 0.24015361070632935f,
	    0.6931530833244324f, 0.9999999403953552f };
	vec f[SIGMOIDS_MAX], e[SIGMOIDS_MAX], power[SIGMOIDS_MAX];

#define EACH UNROLL for (int i = 0; i < n; i++)
	EACH y[i] = vec_exponent(y[i]);
	EACH f[i] = vec_fraction(y[i], &power[i]);
	EACH e[i] = p[0] * f[i] + p[1];
	UNROLL
	for (int k = 2; k < 6; k++)
		EACH e[i] = e[i] * f[i] + p[k];
	EACH e[i] = 1.0f + vec_scale(e[i], power[i]);
	EACH y[i] = vec_inverse(e[i]);
#undef EACH
}

/* What y is to be for vec_sigmoid2(y) to be sigmoid(x), and for
 * 2 vec_sigmoid2(y) - 1 to be tanh(x): these times x. */
#define SIGMOID_FACTOR (-1.4426950408889634f)
#define TANH_FACTOR (-2.8853900817779268f)

INLINE vec
vec_sigmoid(vec x)
{
	x *= SIGMOID_FACTOR;
	vec_sigmoid2(&x, 1);
	return x;
}

/* Within 4e-7 for all floats. */
INLINE vec
vec_tanh(vec x)
{
	x *= TANH_FACTOR;
	vec_sigmoid2(&x, 1);
	return 2.0f * x - 1.0f;
}

/* The natural logarithm of normal positive numbers (Cephes' logf): relative
 * error below 2e-7, absolute below 1e-7 near 1.  Anything below the smallest
 * normal number gives about -87. */
INLINE vec
vec_log(vec x)
{
	const veci exponent = (veci){ 0 } + 0x7f800000;
	veci bits = (veci)vec_max(0x1p-126f, x);
	veci low, e;
	vec m, z, y, k;

	/* x = m 2^e with m in [sqrt(1/2), sqrt(2)). */
	e = ((bits & exponent) >> 23) - 126;
	m = (vec)((bits & ~exponent) | 0x3f000000);
	low = m < vec_all(0.707106781186547524f);
	e += low;		/* a true comparison is -1 */
	m = m + (vec)(low & (veci)m) - 1.0f;
	k = __builtin_convertvector(e, vec);
	z = m * m;
	y = m * 7.0376836292e-2f - 1.1514610310e-1f;
	y = y * m + 1.1676998740e-1f;
	y = y * m - 1.2420140846e-1f;
	y = y * m + 1.4249322787e-1f;
	y = y * m - 1.6668057665e-1f;
	y = y * m + 2.0000714765e-1f;
	y = y * m - 2.4999993993e-1f;
	y = y * m + 3.3333331174e-1f;
	y = y * m * z;
	y = y + k * -2.12194440e-4f;
	y = y - z * 0.5f;
	return m + y + k * 0.693359375f;
}

/* Four vectors, each folded to VL / 4 lanes, side by side:
 *	[a's VL/4 sums | b's | c's | d's] */
INLINE vec
vec_fold4(vec a, vec b, vec c, vec d)
{
#if VL == 16
#define HALVES(x, y, i) __builtin_shufflevector(x, y, i, i + 1, i + 2, i + 3, \
	i + 4, i + 5, i + 6, i + 7, i + 16, i + 17, i + 18, i + 19, i + 20, \
	i + 21, i + 22, i + 23)
#define QUARTERS(x, y, i) __builtin_shufflevector(x, y, i, i + 1, i + 2, \
	i + 3, i + 8, i + 9, i + 10, i + 11, i + 16, i + 17, i + 18, i + 19, \
	i + 24, i + 25, i + 26, i + 27)
#elif VL == 8
#define HALVES(x, y, i) __builtin_shufflevector(x, y, i, i + 1, i + 2, i + 3, \
	i + 8, i + 9, i + 10, i + 11)
#define QUARTERS(x, y, i) __builtin_shufflevector(x, y, i, i + 1, i + 4, \
	i + 5, i + 8, i + 9, i + 12, i + 13)
#else
#define HALVES(x, y, i) __builtin_shufflevector(x, y, i, i + 1, i + 4, i + 5)
#define QUARTERS(x, y, i) __builtin_shufflevector(x, y, i, i + 2, i + 4, i + 6)
#endif
	vec ab = HALVES(a, b, 0) + HALVES(a, b, VL / 2);
	vec cd = HALVES(c, d, 0) + HALVES(c, d, VL / 2);

	return QUARTERS(ab, cd, 0) + QUARTERS(ab, cd, VL / 4);
#undef HALVES
#undef QUARTERS
}

INLINE float
vec_sum(vec v)
{
	float s[VL], sum = 0;

	vec_store(s, v);
	for (int i = 0; i < VL; i++)
		sum += s[i];
	return sum;
}

#endif
