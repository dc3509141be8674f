/* Vectors of floats, as wide as the instruction set that a file is compiled
 * for, in GCC's vector extension (clang has it too).  Only kernels that are
 * compiled once per instruction set include this.
 *
 * NaN in is NaN out: nothing here may be compiled with -ffast-math. */
#ifndef L2LD_NUM_SIMD_H
#define L2LD_NUM_SIMD_H

#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#define VL 16
#elif defined(__AVX2__)
#define VL 8
#else
#define VL 4
#endif

typedef float vec __attribute__((vector_size(4 * VL)));
typedef int32_t veci __attribute__((vector_size(4 * VL)));

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

/* Comparisons with NaN are false, so NaN passes through both clamps. */
INLINE vec
vec_clamp(vec x, float low, float high)
{
	x = vec_select(x > vec_all(high), vec_all(high), x);
	return vec_select(x < vec_all(low), vec_all(low), x);
}

/* tanh as x P(x^2) / Q(x^2), P and Q of degree 4, a relative minimax fit on
 * [-8.7, 8.7]; beyond, tanh is 1 to within 6e-8.  Largest absolute error over
 * all floats 4e-7. */
INLINE vec
vec_tanh(vec x)
{
	vec t, p, q;

	x = vec_clamp(x, -8.7f, 8.7f);
	t = x * x;
	p = t * 1.389763179756733e-08f + 2.0993837579104493e-05f;
	p = p * t + 0.0035187445383486693f;
	p = p * t + 0.13400467182766457f;
	p = p * t + 0.9999999851739227f;
	q = t * 7.996528861147899e-07f + 0.00033236486634790463f;
	q = q * t + 0.025964896121456353f;
	q = q * t + 0.4673378742028763f;
	q = q * t + 1.0f;
	return x * p / q;
}

/* The natural logarithm of normal positive numbers (Cephes' logf): relative
 * error below 2e-7, absolute below 1e-7 near 1.  Anything below the smallest
 * normal number gives about -87. */
INLINE vec
vec_log(vec x)
{
	const veci exponent = (veci){ 0 } + 0x7f800000;
	veci bits = (veci)vec_select(x < vec_all(0x1p-126f),
	    vec_all(0x1p-126f), x);
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
