/* What an instance of a quadratic holds; for quadratic.c and its tests. */
#ifndef L2LD_PROBLEM_QUADRATIC_H
#define L2LD_PROBLEM_QUADRATIC_H

struct quadratic_instance {
	float *w;		/* [functions][n][n] */
	float *y;		/* [functions][n] */
	float *residual;	/* [n] scratch */
};

#endif
