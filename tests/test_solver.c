/* Vectors, preconditioner, integrator, coordinates, and whole flows against closed forms.
 *
 * In runs, rtol bounds the error of a step in the norm of what is left; over a run some ten to a hundred times that
 * accumulate.  Tolerances here are `spread` times rtol unless a discretisation error is named. */
#include "solver/vector.h"
#include "tests/flows.h"

static const double spread = 100;

/* ---- vectors -------------------------------------------------------------------------------------------------- */

/* Odd lengths, and either side of the chunks in which combinations are formed. */
static const ptrdiff_t lengths[] = {1, 2, 3, 7, 1023, 1024, 1025, 2048, 2049, 5000};
enum { LENGTHS = sizeof lengths / sizeof *lengths, MANY = 5 };

static SUNContext context;
static N_Vector x, y, z, many[MANY], others[MANY];
static ptrdiff_t length;

static N_Vector random_vector(unsigned long long seed)
{
  N_Vector v = N_VClone(x);
  ck_assert_ptr_nonnull(v);
  for (ptrdiff_t i = 0; i < length; i++) mf_vector_data(v)[i] = chance(&seed);
  return v;
}

static void make_vectors(const mf_grid *grid, ptrdiff_t size)
{
  unsigned long long seed = 300;
  length = size;
  ck_assert_int_eq(mf_sundials_context(&context), 0);
  x = mf_vector_create(context, grid, length);
  ck_assert_ptr_nonnull(x);
  for (ptrdiff_t i = 0; i < length; i++) HOLDS(mf_vector_data(x)[i] == 0);
  for (ptrdiff_t i = 0; i < length; i++) mf_vector_data(x)[i] = chance(&seed);
  y = random_vector(301);
  z = random_vector(302);
  for (int j = 0; j < MANY; j++) {
    many[j] = random_vector(310 + (unsigned)j);
    others[j] = random_vector(320 + (unsigned)j);
  }
}

static void free_vectors(void)
{
  N_Vector all[] = {x, y, z};
  for (int j = 0; j < 3; j++) N_VDestroy(all[j]);
  for (int j = 0; j < MANY; j++) {
    N_VDestroy(many[j]);
    N_VDestroy(others[j]);
  }
  SUNContext_Free(&context);
}

/* z against a plain loop, to the last bit; then the same in place. */
#define ELEMENTWISE(call, formula)                                                                           \
  do {                                                                                                       \
    const double *p = mf_vector_data(x), *q = mf_vector_data(y), *r;                                         \
    (void)q;                                                                                                 \
    call;                                                                                                    \
    r = mf_vector_data(z);                                                                                   \
    for (ptrdiff_t i = 0; i < length; i++) CLOSE(r[i], formula, 2 * DBL_EPSILON * fabs(r[i]));               \
  } while (0)

START_TEST(vector_operations_are_loops)
{
  make_vectors(NULL, lengths[_i]);
  at("length %td", length);
  const double a = 0.7, b = -1.3;
  /* a p + b q may be fused: an ulp of the terms */
  N_VLinearSum(a, x, b, y, z);
  for (ptrdiff_t i = 0; i < length; i++)
    CLOSE(mf_vector_data(z)[i], a * mf_vector_data(x)[i] + b * mf_vector_data(y)[i], 4 * DBL_EPSILON);
  ELEMENTWISE(((void)p, N_VConst(a, z)), a);
  ELEMENTWISE(N_VProd(x, y, z), p[i] * q[i]);
  ELEMENTWISE(N_VDiv(x, y, z), p[i] / q[i]);
  ELEMENTWISE(N_VScale(a, x, z), a * p[i]);
  ELEMENTWISE(N_VAbs(x, z), fabs(p[i]));
  ELEMENTWISE(N_VInv(x, z), 1 / p[i]);
  ELEMENTWISE(N_VAddConst(x, b, z), p[i] + b);

  /* in place: the result may be an argument */
  double *before = reals(length);
  memcpy(before, mf_vector_data(x), (size_t)length * sizeof *before);
  N_VLinearSum(2, x, 0.5, x, x);
  for (ptrdiff_t i = 0; i < length; i++) CLOSE_REL(mf_vector_data(x)[i], 2.5 * before[i], 2 * DBL_EPSILON);
  N_VScale(0.4, x, x);
  N_VScale(1, x, x);
  for (ptrdiff_t i = 0; i < length; i++) CLOSE_REL(mf_vector_data(x)[i], before[i], 4 * DBL_EPSILON);
  N_VScale(1, x, z);
  SAME(mf_vector_data(z), mf_vector_data(x), length, 0);
  N_VProd(x, x, x);
  for (ptrdiff_t i = 0; i < length; i++)
    CLOSE_REL(mf_vector_data(x)[i], before[i] * before[i], 16 * DBL_EPSILON);
  free_vectors();
}
END_TEST

START_TEST(vector_reductions_are_sums)
{
  const mf_grid grid = line_grid((long)lengths[_i], 0, 1, false);
  for (int gridded = 0; gridded < 2; gridded++) {
    make_vectors(gridded ? &grid : NULL, lengths[_i]);
    at("length %td, grid %d", length, gridded);
    const double *p = mf_vector_data(x), *q = mf_vector_data(y);
    long double dot = 0, square = 0, sum = 0;
    double high = 0, low = INFINITY;
    for (ptrdiff_t i = 0; i < length; i++) {
      dot += (long double)p[i] * q[i];
      square += (long double)p[i] * q[i] * p[i] * q[i];
      sum += fabs(p[i]);
      high = fmax(high, fabs(p[i]));
      low = fmin(low, p[i]);
    }
    const double n = (double)length, tolerance = n * DBL_EPSILON; /* an ulp for each term */
    CLOSE(N_VDotProd(x, y), (double)dot, tolerance);
    CLOSE_REL(N_VL1Norm(x), (double)sum, tolerance);
    CLOSE_REL(N_VWL2Norm(x, y), sqrt((double)square), tolerance);
    CLOSE_REL(N_VWrmsNorm(x, y), sqrt((double)square / n), tolerance);
    HOLDS(N_VMaxNorm(x) == high && N_VMin(x) == low);
    free_vectors();
  }
}
END_TEST

START_TEST(fused_vector_operations_are_loops)
{
  const mf_grid grid = line_grid((long)lengths[_i], 0, 1, false);
  for (int count = 1; count <= MANY; count++) {
    double c[MANY], products[MANY];
    make_vectors(count % 2 ? &grid : NULL, lengths[_i]);
    at("length %td, %d vectors", length, count);
    for (int j = 0; j < count; j++) c[j] = 0.3 + 0.5 * j * (j % 2 ? -1 : 1);
    double *want = reals(length);
    for (ptrdiff_t i = 0; i < length; i++)
      for (int j = 0; j < count; j++) want[i] += c[j] * mf_vector_data(many[j])[i];
    const double few = 16 * DBL_EPSILON; /* up to 5 terms below 2.3 */
    ck_assert_int_eq(N_VLinearCombination(count, c, many, z), 0);
    SAME(mf_vector_data(z), want, length, few);

    ck_assert_int_eq(N_VDotProdMulti(count, x, many, products), 0);
    for (int j = 0; j < count; j++) {
      long double dot = 0;
      for (ptrdiff_t i = 0; i < length; i++)
        dot += (long double)mf_vector_data(x)[i] * mf_vector_data(many[j])[i];
      CLOSE(products[j], (double)dot, DBL_EPSILON * (double)length);
    }

    ck_assert_int_eq(N_VScaleAddMulti(count, c, x, many, others), 0);
    for (int j = 0; j < count; j++)
      for (ptrdiff_t i = 0; i < length; i++)
        CLOSE(mf_vector_data(others[j])[i], c[j] * mf_vector_data(x)[i] + mf_vector_data(many[j])[i], few);
    ck_assert_int_eq(N_VScaleAddMulti(count, c, x, many, many), 0); /* in place */
    for (int j = 0; j < count; j++) SAME(mf_vector_data(many[j]), mf_vector_data(others[j]), length, 0);

    ck_assert_int_eq(N_VLinearCombination(count, c, others, z), 0);
    ck_assert_int_eq(N_VLinearCombination(count, c, others, others[0]), 0); /* the first may be the result */
    SAME(mf_vector_data(others[0]), mf_vector_data(z), length, 0);
    free_vectors();
    release_all();
  }
}
END_TEST

/* One of the operations, on vectors that may be the same. */
static double do_something(unsigned long long *seed, N_Vector *v)
{
  N_Vector a = v[(int)(2.5 * (1 + chance(seed)))], b = v[(int)(2.5 * (1 + chance(seed)))],
           c = v[(int)(2.5 * (1 + chance(seed)))];
  double factors[2] = {chance(seed), chance(seed)};
  switch ((int)(5 * (1 + chance(seed)))) {
  case 0:
  case 1:
    N_VLinearSum(factors[0], a, factors[1], b, c);
    return 0;
  case 2:
    N_VScale(factors[0], a, b);
    return 0;
  case 3:
    N_VProd(a, b, c);
    return 0;
  case 4:
    N_VAddConst(a, factors[0], b);
    return 0;
  case 5:
    N_VScaleAddMulti(2, factors, a, v + 1, v + 2);
    return 0;
  case 6:
    N_VLinearCombination(2, factors, v + 2, a);
    return 0;
  case 7:
    N_VConst(factors[0], a);
    return 0;
  case 8:
    return N_VDotProd(a, b);
  default:
    return N_VWrmsNorm(a, b);
  }
}

/* Whatever comes between two looks at numbers, they are what they are if somebody looks after each operation. */
START_TEST(operations_that_were_put_off_are_done_in_order)
{
  const mf_grid grid = line_grid((long)lengths[_i], 0, 1, true);
  enum { STEPS = 400 };
  unsigned long long seed = 900 + (unsigned)_i, same = seed;
  make_vectors(&grid, lengths[_i]);
  for (int j = 0; j < MANY; j++) N_VScale(1, many[j], others[j]);
  double seen[STEPS];
  for (int step = 0; step < STEPS; step++) {
    seen[step] = do_something(&seed, many);
    mf_vector_data(x);
  }
  at("length %td", length);
  for (int step = 0; step < STEPS; step++) HOLDS(do_something(&same, others) == seen[step]);
  for (int j = 0; j < MANY; j++) SAME(mf_vector_data(others[j]), mf_vector_data(many[j]), length, 0);
  N_Vector last = N_VClone(x);
  N_VLinearSum(1, x, 1, last, y); /* which is done before `last` is gone */
  N_VDestroy(last);
  SAME(mf_vector_data(y), mf_vector_data(x), length, 0);
  free_vectors();
}
END_TEST

START_TEST(vectors_can_be_cloned_and_lent)
{
  make_vectors(NULL, 12);
  N_Vector empty = N_VCloneEmpty(x);
  ck_assert_ptr_nonnull(empty);
  ck_assert_ptr_null(mf_vector_data(empty));
  double lent[12] = {3};
  N_VSetArrayPointer(lent, empty);
  ck_assert_ptr_eq(N_VGetArrayPointer(empty), lent);
  HOLDS(N_VMaxNorm(empty) == 3);
  N_VDestroy(empty); /* what was lent is not freed: it is no heap block */
  ck_assert_int_eq(N_VGetVectorID(x), SUNDIALS_NVEC_CUSTOM);
  ck_assert_int_eq(N_VGetLength(x), 12);
  sunindextype numbers, integers;
  N_VSpace(x, &numbers, &integers);
  ck_assert_int_eq(numbers, 12);
  N_Vector copy = N_VClone(x);
  HOLDS(mf_vector_data(copy) != mf_vector_data(x));
  N_VDestroy(copy);
  free_vectors();
}
END_TEST

/* ---- preconditioner ------------------------------------------------------------------------------------------- */

static ptrdiff_t neighbour(const mf_grid *grid, int axis, ptrdiff_t c, int step)
{
  const ptrdiff_t n = grid->n[axis], k = c / grid->stride[axis] % n, to = k + step;
  if (to >= 0 && to < n) return c + step * grid->stride[axis];
  return grid->periodic[axis] && n > 1 ? c + ((to + n) % n - k) * grid->stride[axis] : -1;
}

static const struct {
  const char *energy, *geometry;
} stiff[] = {{"kl", "wasserstein"},
             {"hellinger", "wasserstein + hellinger coefficient=3"},
             {"chi2", "wasserstein coefficient=2"},
             {"inclusive_kl", "wasserstein + hellinger"},
             {"kl weight=0.5 + chi2", "hellinger + wasserstein"},
             {"mmd", "mmd"}};
enum { STIFF = sizeof stiff / sizeof *stiff };

/* out += gamma J v, with J from the bands. */
static void add_bands(mf_flow *flow, double gamma, const double *v, double *out)
{
  const mf_grid *grid = mf_flow_grid(flow);
  double *lower = reals(grid->cells), *diagonal = reals(grid->cells), *upper = reals(grid->cells);
  for (int axis = 0; axis < grid->dim; axis++) {
    mf_flow_bands(flow, axis, lower, diagonal, upper);
    for (ptrdiff_t c = 0; c < grid->cells; c++) {
      const ptrdiff_t before = neighbour(grid, axis, c, -1), after = neighbour(grid, axis, c, 1);
      out[c] += gamma * diagonal[c] * v[c];
      if (before >= 0) out[c] += gamma * lower[c] * v[before];
      if (after >= 0) out[c] += gamma * upper[c] * v[after];
    }
  }
}

/* Near the target, where nothing grows, z <- z + P^-1 (r - (I - gamma J) z) converges for every flow, in every
 * coordinate, on every grid, as fast for long steps as for short ones. */
START_TEST(preconditioner_contracts)
{
  enum { ITERATIONS = 12 };
  static const double gammas[] = {1e-4, 0.03, 1, 1e3};
  for (int i = 0; i < SHAPES; i++)
    for (const char *const *name = mf_coordinate_names; *name; name++) {
      const mf_grid grid = shape_grid(&shapes[i]);
      const ptrdiff_t cells = grid.cells;
      const mf_measure *pi = random_measure(&grid, 1, 0.8, 330);
      mf_flow *flow = flow_parts(&grid, pi, stiff[_i].energy, stiff[_i].geometry);
      if (mf_flow_finish(flow, *name, pi)) { /* power, with KL or several energies */
        release_all();
        continue;
      }
      mf_preconditioner *p;
      DO(mf_preconditioner_create(&p, flow));
      keep(A_PRECONDITIONER, p);
      mf_flow_linearise(flow, unknown(flow, pi));
      mf_preconditioner_linearise(p);
      for (size_t g = 0; g < sizeof gammas / sizeof *gammas; g++) {
        const double *r = random_field(cells, 332);
        double *solution = reals(cells), *rest = reals(cells), *change = reals(cells);
        at("%s in %s, %s, %s, gamma %g", stiff[_i].energy, stiff[_i].geometry, *name, shapes[i].name,
           gammas[g]);
        DO(mf_preconditioner_factor(p, gammas[g]));
        for (int k = 0; k < ITERATIONS; k++) {
          for (ptrdiff_t c = 0; c < cells; c++) rest[c] = r[c] - solution[c];
          add_bands(flow, gammas[g], solution, rest);
          mf_preconditioner_solve(p, rest, change);
          for (ptrdiff_t c = 0; c < cells; c++) solution[c] += change[c];
        }
        HOLDS(largest(rest, cells) <=
              pow(0.45, ITERATIONS)); /* the slowest: 0.4 in 3-D; the norms differ by a few */
        memcpy(change, r, (size_t)cells * sizeof *r);
        mf_preconditioner_solve(p, r, solution);
        mf_preconditioner_solve(p, change, change);
        SAME(change, solution, cells, 0);
      }
      release_all();
    }
}
END_TEST

/* In one dimension that is Newton's matrix itself. */
START_TEST(preconditioner_is_exact_on_a_line)
{
  static const struct {
    long cells;
    bool periodic;
  } lines[] = {{1, false}, {2, false}, {3, false}, {40, false}, {1, true},
               {2, true},  {3, true},  {4, true},  {41, true}};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    for (const char *const *name = mf_coordinate_names; *name; name++) {
      const mf_grid grid = line_grid(lines[i].cells, -1, 2, lines[i].periodic);
      const ptrdiff_t cells = grid.cells;
      const mf_measure *pi = random_measure(&grid, 1, 0.8, 340), *mu = random_measure(&grid, 1, 1, 341);
      mf_flow *flow = flow_parts(&grid, pi, stiff[_i].energy, stiff[_i].geometry);
      if (mf_flow_finish(flow, *name, mu)) {
        release_all();
        continue;
      }
      mf_preconditioner *p;
      DO(mf_preconditioner_create(&p, flow));
      keep(A_PRECONDITIONER, p);
      mf_flow_linearise(flow, unknown(flow, mu));
      const double *r = random_field(cells, 342), gamma = 0.2;
      double *solution = reals(cells), *jacobian = reals(cells);
      mf_preconditioner_linearise(p);
      DO(mf_preconditioner_factor(p, gamma));
      mf_preconditioner_solve(p, r, solution);
      DO(mf_flow_jacobian(flow, solution, jacobian));
      const double size = largest(solution, cells) + gamma * 4 * largest(jacobian, cells) + 1;
      for (ptrdiff_t c = 0; c < cells; c++) solution[c] -= gamma * jacobian[c];
      at("%s in %s, %s, %td cells, periodic %d", stiff[_i].energy, stiff[_i].geometry, *name, cells,
         lines[i].periodic);
      SAME(solution, r, cells,
           1e-12 * size * (double)(cells * cells)); /* gamma J z is a difference of terms/h^2 */
      release_all();
    }
}
END_TEST

/* I - gamma J vanishes for J = -1, gamma = -1: no inverse, and no division by 0 that goes unnoticed. */
START_TEST(vanishing_pivot_is_told)
{
  const mf_grid grid = line_grid(5, 0, 1, false);
  const mf_measure *pi = random_measure(&grid, 1, 1, 350);
  mf_flow *flow = flow_make(&grid, pi, pi, "deviation", "mmd", "mmd");
  mf_preconditioner *p;
  DO(mf_preconditioner_create(&p, flow));
  keep(A_PRECONDITIONER, p);
  mf_flow_linearise(flow, unknown(flow, pi));
  mf_preconditioner_linearise(p);
  ck_assert_int_eq(mf_preconditioner_factor(p, -1), MF_RETRY);
  DO(mf_preconditioner_factor(p, 1)); /* and it can go on */
  mf_preconditioner_free(NULL);
}
END_TEST

/* ---- integrator ----------------------------------------------------------------------------------------------- */

/* y_i' = -k_i y_i, with mischief on demand. */
typedef struct {
  double k[3];
  int rates, fail_after, status; /* from the call after `fail_after` on, the rate returns this */
  int calls_after;
  bool once;
  int factor_status, jacobian_status;
  int linearised;
} decay;

static int decay_rate(void *self, double t, const double *v, double *out)
{
  decay *d = self;
  (void)t;
  d->rates++;
  if (d->status && d->rates > d->fail_after) {
    const int status = d->status;
    d->calls_after++;
    if (d->once) d->status = 0;
    return status < 0 ? mf_fail(status, "the rate broke") : status;
  }
  for (int i = 0; i < 3; i++) out[i] = -d->k[i] * v[i];
  return MF_OK;
}

static void decay_linearise(void *self, const double *v)
{
  (void)v;
  ((decay *)self)->linearised++;
}

static int decay_jacobian(void *self, const double *v, double *jv)
{
  const decay *d = self;
  if (d->jacobian_status) return mf_fail(d->jacobian_status, "the Jacobian broke");
  for (int i = 0; i < 3; i++) jv[i] = -d->k[i] * v[i];
  return MF_OK;
}

static double kept_gamma;
static int decay_factor(void *self, double gamma)
{
  const decay *d = self;
  kept_gamma = gamma;
  return d->factor_status ? mf_fail(d->factor_status, "the factors broke") : MF_OK;
}

static void decay_solve(void *self, const double *r, double *out)
{
  const decay *d = self;
  for (int i = 0; i < 3; i++) out[i] = r[i] / (1 + kept_gamma * d->k[i]);
}

static const double start[3] = {1, -2, 0.5};

static mf_system decay_system(decay *d, bool implicit)
{
  mf_system s = {.self = d, .length = 3, .stiff = implicit, .rate = decay_rate};
  if (!implicit) return s;
  s.linearise = decay_linearise;
  s.jacobian = decay_jacobian;
  s.factor = decay_factor;
  s.solve = decay_solve;
  return s;
}

static mf_integrator *integrator(const mf_system *system, double rtol, long max_steps)
{
  mf_integrator *i;
  const mf_tolerances tolerances = {.rtol = rtol, .atol = rtol * 1e-6, .max_steps = max_steps};
  DO(mf_integrator_create(&i, system, &tolerances, 0, start));
  return keep(AN_INTEGRATOR, i);
}

START_TEST(exponentials_decay)
{
  decay d = {.k = {1, 0.3, 2}};
  const double rtol = 1e-8;
  const mf_system s = decay_system(&d, _i);
  mf_integrator *i = integrator(&s, rtol, 10000);
  double v[3], slope[3];
  at("%s", _i ? "BDF" : "Adams");
  DO(mf_integrator_at(i, 0, v, slope)); /* the start needs no step */
  SAME(v, start, 3, 0);
  for (int j = 0; j < 3; j++) HOLDS(slope[j] == -d.k[j] * start[j]);
  HOLDS(mf_integrator_time(i) == 0);
  for (double before = 0; mf_integrator_time(i) < 5; before = mf_integrator_time(i)) {
    DO(mf_integrator_step(i, 5));
    const double t = mf_integrator_time(i);
    HOLDS(t > before && t <= 5);
    CLOSE(mf_integrator_step_size(i), t - before, 1e-12);
    for (int part = 0; part <= 4; part++) { /* anywhere in the step */
      const double when = before + 0.25 * part * (t - before);
      DO(mf_integrator_at(i, when, v, slope));
      for (int j = 0; j < 3; j++) {
        CLOSE(v[j], start[j] * exp(-d.k[j] * when), spread * rtol);
        CLOSE(slope[j], -d.k[j] * start[j] * exp(-d.k[j] * when), 100 * spread * rtol); /* one order less */
      }
    }
  }
  HOLDS(mf_integrator_time(i) == 5);
  ck_assert_int_eq(mf_integrator_at(i, 1, v, NULL), MF_ENUMERIC); /* long gone */
  ck_assert_ptr_nonnull(strstr(mf_error(), "t = 1 is not within the last step"));
  mf_counters n;
  mf_integrator_counters(i, &n);
  HOLDS(n.steps > 10 && n.rates >= n.steps && n.order > 1 && n.newton > 0 && (n.krylov > 0) == (_i == 1));
}
END_TEST

/* Factors and products at one point share a linearisation; a linear system needs one in all. */
START_TEST(linearisations_are_shared)
{
  for (int linear = 0; linear < 2; linear++) {
    decay d = {.k = {1, 100, 1e4}};
    mf_system s = decay_system(&d, true);
    s.linear = linear;
    mf_integrator *i = integrator(&s, 1e-6, 10000);
    mf_counters n;
    while (mf_integrator_time(i) < 5) DO(mf_integrator_step(i, 5));
    mf_integrator_counters(i, &n);
    at("linear %d: %d linearisations, %ld Newton iterations", linear, d.linearised, n.newton);
    HOLDS(linear ? d.linearised == 1 : d.linearised > 1 && d.linearised <= n.newton);
  }
}
END_TEST

/* Rates 1e6 apart: implicit steps are not held to the fast one. */
START_TEST(stiff_systems_take_long_steps)
{
  decay d = {.k = {1, 1e3, 1e6}};
  mf_system s = decay_system(&d, true);
  for (int plain = 0; plain < 2; plain++) {
    if (plain)
      s.linearise = NULL, s.jacobian = NULL, s.factor = NULL, s.solve = NULL; /* CVODE's own difference */
    mf_integrator *i = integrator(&s, 1e-6, 10000);
    double v[3];
    while (mf_integrator_time(i) < 3) DO(mf_integrator_step(i, 3));
    DO(mf_integrator_at(i, 3, v, NULL));
    at("without Jacobian: %d", plain);
    CLOSE(v[0], exp(-3), spread * 1e-6);
    mf_counters n;
    mf_integrator_counters(i, &n);
    HOLDS(n.steps < 2000); /* stability of an explicit method would ask for 1.5e6 */
  }
}
END_TEST

/* CVODE hands on a fatal status not always; the first one is kept, with its message, and nothing more is called. */
START_TEST(fatal_status_is_kept)
{
  static const int codes[] = {MF_EFILE, MF_EMEMORY, MF_ESTOPPED, MF_ENUMERIC};
  for (size_t k = 0; k < sizeof codes / sizeof *codes; k++) {
    decay d = {.k = {1, 2, 3}, .fail_after = 30, .status = codes[k]};
    const mf_system s = decay_system(&d, _i);
    mf_integrator *i = integrator(&s, 1e-6, 10000);
    int status = MF_OK;
    while (!status && mf_integrator_time(i) < 100) status = mf_integrator_step(i, 100);
    at("%s, status %d", _i ? "BDF" : "Adams", codes[k]);
    ck_assert_int_eq(status, codes[k]);
    ck_assert_int_eq(d.calls_after, 1);
    HOLDS(strstr(mf_error(), "the rate broke") != NULL);
    ck_assert_int_eq(mf_integrator_step(i, 100), codes[k]);
    ck_assert_int_eq(d.calls_after, 1);
  }
}
END_TEST

START_TEST(fatal_status_of_the_linear_algebra_is_kept)
{
  for (int which = 0; which < 2; which++) {
    decay d = {.k = {1, 2, 3}};
    *(which ? &d.jacobian_status : &d.factor_status) = MF_EFILE;
    const mf_system s = decay_system(&d, true);
    mf_integrator *i = integrator(&s, 1e-6, 10000);
    int status = MF_OK;
    while (!status && mf_integrator_time(i) < 10) status = mf_integrator_step(i, 10);
    ck_assert_int_eq(status, MF_EFILE);
    HOLDS(strstr(mf_error(), which ? "the Jacobian broke" : "the factors broke") != NULL);
  }
}
END_TEST

/* A rate that asks for a smaller step gets one; one that asks for ever is given up. */
START_TEST(retries_are_granted)
{
  for (int once = 1; once >= 0; once--) {
    decay d = {.k = {1, 2, 3}, .fail_after = 20, .status = MF_RETRY, .once = once};
    const mf_system s = decay_system(&d, _i);
    mf_integrator *i = integrator(&s, 1e-7, 10000);
    int status = MF_OK;
    while (!status && mf_integrator_time(i) < 1) status = mf_integrator_step(i, 1);
    at("%s, once %d", _i ? "BDF" : "Adams", once);
    ck_assert_int_eq(status, once ? MF_OK : MF_ENUMERIC);
    if (!once) {
      HOLDS(strstr(mf_error(), "gave up at t = ") != NULL && strstr(mf_error(), "CV_") != NULL);
      continue;
    }
    double v[3];
    DO(mf_integrator_at(i, 1, v, NULL));
    for (int j = 0; j < 3; j++) CLOSE(v[j], start[j] * exp(-d.k[j]), spread * 1e-7);
  }
}
END_TEST

START_TEST(steps_are_limited)
{
  decay d = {.k = {1, 2, 3}};
  const mf_system s = decay_system(&d, _i);
  mf_integrator *i = integrator(&s, 1e-6, 7);
  for (int k = 0; k < 7; k++) DO(mf_integrator_step(i, 100));
  ck_assert_int_eq(mf_integrator_step(i, 100), MF_ENUMERIC);
  HOLDS(strstr(mf_error(), "7 steps were not enough") && strstr(mf_error(), "of 100 reached") &&
        strstr(mf_error(), "time.max_steps"));
}
END_TEST

START_TEST(order_and_step_size_are_limited)
{
  decay d = {.k = {1, 2, 3}};
  const mf_system s = decay_system(&d, _i);
  const mf_tolerances tolerances = {
      .rtol = 1e-4, .atol = 1e-9, .max_order = 2, .max_steps = 100000, .max_step = 0.01};
  mf_integrator *i;
  DO(mf_integrator_create(&i, &s, &tolerances, 0, start));
  keep(AN_INTEGRATOR, i);
  while (mf_integrator_time(i) < 1) {
    mf_counters n;
    DO(mf_integrator_step(i, 1));
    mf_integrator_counters(i, &n);
    HOLDS(n.order <= 2 && mf_integrator_step_size(i) <= 0.01 * (1 + 1e-12));
  }
}
END_TEST

/* BDF keeps what the projection keeps, here the sum of two numbers that exchange mass but leak a little; Adams is left
 * alone. */
static int leak_rate(void *self, double t, const double *v, double *out)
{
  (void)self, (void)t;
  out[0] = v[1] - v[0];
  out[1] = v[0] - v[1] - 1e-3 * v[1];
  out[2] = 0;
  return MF_OK;
}

static void leak_project(void *self, const double *v, double *corr, double *error)
{
  const double excess = v[0] + v[1] - (start[0] + start[1]);
  ++*(int *)self;
  corr[0] = corr[1] = -0.5 * excess;
  corr[2] = 0;
  if (!error) return;
  const double mean = 0.5 * (error[0] + error[1]);
  error[0] -= mean;
  error[1] -= mean;
}

START_TEST(projections_are_made_with_bdf)
{
  int projections = 0;
  const mf_system s = {
      .self = &projections, .length = 3, .stiff = _i, .rate = leak_rate, .project = leak_project};
  mf_integrator *i = integrator(&s, 1e-8, 10000);
  double v[3];
  while (mf_integrator_time(i) < 2) DO(mf_integrator_step(i, 2));
  DO(mf_integrator_at(i, 2, v, NULL));
  HOLDS((projections > 0) == (_i == 1));
  if (_i)
    CLOSE(v[0] + v[1], start[0] + start[1], 1e-12); /* interpolation between projected points keeps sums */
  else
    HOLDS(fabs(v[0] + v[1] - (start[0] + start[1])) > 1e-4);
}
END_TEST

START_TEST(integrator_knows_its_library)
{
  HOLDS(mf_integrator_library()[0] >= '6' && mf_integrator_library()[1] == '.');
  mf_integrator_free(NULL);
}
END_TEST

/* ---- coordinates ---------------------------------------------------------------------------------------------- */

typedef enum { PLAIN, HOLED, THIN } start_kind;

static mf_measure *start_measure(const mf_measure *pi, start_kind kind)
{
  const mf_grid *grid = pi->grid;
  mf_measure *m = empty_measure(grid);
  double *l = random_field(grid->cells, 400);
  for (ptrdiff_t c = 0; c < grid->cells; c++) l[c] += pi->log_density[c];
  if (kind == HOLED) l[3] = -INFINITY;
  if (kind == THIN) l[3] -= 500;
  DO(mf_measure_set_log_density(m, l));
  DO(mf_measure_normalise(m, 1));
  return m;
}

START_TEST(coordinate_follows_from_the_traits)
{
  static const struct {
    const char *energy, *geometry;
    start_kind start;
    mf_coordinate_kind kind;
    double exponent;
    bool stiff;
  } rows[] = {
      {"kl", "wasserstein", PLAIN, MF_DEVIATION, 0, true},
      {"kl", "wasserstein", HOLED, MF_DEVIATION, 0, true},
      {"chi2", "wasserstein", HOLED, MF_DEVIATION, 0, true},
      {"mmd", "wasserstein", HOLED, MF_DEVIATION, 0, false},
      {"mmd", "wasserstein + mmd", HOLED, MF_DEVIATION, 0, false},
      {"mmd", "hellinger", PLAIN, MF_DEVIATION, 0, false},
      {"kl + mmd", "wasserstein", PLAIN, MF_DEVIATION, 0, true},
      {"inclusive_kl", "wasserstein", HOLED, MF_LOG, 0, true},
      {"hellinger", "wasserstein + hellinger", HOLED, MF_LOG, 0, true},
      {"kl + hellinger", "wasserstein", PLAIN, MF_LOG, 0, true},
      {"kl", "hellinger", PLAIN, MF_LOG, 0, false},
      {"kl", "hellinger", THIN, MF_LOG, 0, false},
      {"kl", "hellinger", HOLED, MF_DEVIATION, 0, true},
      {"kl", "spherical_hellinger", PLAIN, MF_LOG, 0, false},
      {"kl", "wasserstein + hellinger", PLAIN, MF_LOG, 0, true},
      {"kl", "wasserstein + hellinger", HOLED, MF_DEVIATION, 0, true},
      {"kl", "wasserstein + hellinger coefficient=0", PLAIN, MF_DEVIATION, 0, true},
      {"kl", "wasserstein coefficient=0 + hellinger", PLAIN, MF_LOG, 0, false},
      {"hellinger", "hellinger", PLAIN, MF_POWER, 0.5, false},
      {"hellinger", "hellinger", HOLED, MF_POWER, 0.5, false},
      {"inclusive_kl", "hellinger", HOLED, MF_POWER, 1, false},
      {"divergence p=-1", "hellinger", THIN, MF_POWER, 2, false},
      {"chi2", "hellinger", PLAIN, MF_POWER, -1, false},
      {"chi2", "hellinger", HOLED, MF_DEVIATION, 0, true},
      {"chi2", "hellinger", THIN, MF_LOG, 0, true},
      {"divergence p=3", "hellinger", THIN, MF_LOG, 0, true},
      {"kl + chi2", "hellinger", PLAIN, MF_LOG, 0, true},
  };
  const mf_grid grid = line_grid(12, 0, 1, false);
  const mf_measure *pi = random_measure(&grid, 1, 1, 401);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    at("%s in %s, start %d", rows[i].energy, rows[i].geometry, rows[i].start);
    const mf_measure *m = start_measure(pi, rows[i].start);
    mf_flow *flow = flow_make(&grid, pi, m, NULL, rows[i].energy, rows[i].geometry);
    const mf_coordinate *q = mf_flow_coordinate(flow);
    const char *reason = NULL;
    ck_assert_msg(q->kind == rows[i].kind, "%s: %s", here, mf_coordinate_names[q->kind]);
    HOLDS(q->exponent == rows[i].exponent && q->reason && *q->reason);
    HOLDS(mf_flow_stiff(flow, &reason) == rows[i].stiff && reason && *reason);
    double *v = reals(grid.cells), *rate = reals(grid.cells);
    DO(mf_flow_start(flow, m, v)); /* what was chosen can hold the start */
    DO(mf_flow_rate(flow, v, rate));
  }
}
END_TEST

START_TEST(coordinates_can_be_asked_for)
{
  const mf_grid grid = line_grid(12, 0, 1, false);
  const mf_measure *pi = random_measure(&grid, 1, 1, 402), *m = start_measure(pi, PLAIN);
  for (int kind = MF_DENSITY; mf_coordinate_names[kind]; kind++) {
    mf_flow *flow = flow_make(&grid, pi, m, mf_coordinate_names[kind], "hellinger", "hellinger");
    ck_assert_int_eq((int)mf_flow_coordinate(flow)->kind, kind);
    ck_assert_int_eq(mf_coordinate_relative(mf_flow_coordinate(flow)), kind == MF_LOG || kind == MF_POWER);
  }
  REFUSES(mf_flow_finish(flow_parts(&grid, pi, "kl", "hellinger"), "polar", m), "no coordinate 'polar'");
  REFUSES(mf_flow_finish(flow_parts(&grid, pi, "kl", "hellinger"), "power", m), "other than 1");
  REFUSES(mf_flow_finish(flow_parts(&grid, pi, "mmd", "hellinger"), "power", m), "power");
  REFUSES(mf_flow_finish(flow_parts(&grid, pi, "chi2 + hellinger", "hellinger"), "power", m), "power");
}
END_TEST

START_TEST(vacuum_is_refused_where_there_is_none)
{
  const mf_grid grid = line_grid(12, 0, 1, false);
  const mf_measure *pi = random_measure(&grid, 1, 1, 403), *m = start_measure(pi, HOLED);
  static const struct {
    const char *energy, *coordinate;
    bool refused;
  } rows[] = {{"kl", "log", true},         {"chi2", "log", true},         {"chi2", "power", true},
              {"hellinger", "log", false}, {"hellinger", "power", false}, {"inclusive_kl", "log", false},
              {"kl", "deviation", false},  {"kl", "density", false}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    mf_flow *flow = flow_make(&grid, pi, m, rows[i].coordinate, rows[i].energy, "hellinger");
    double *v = reals(grid.cells);
    at("%s in %s", rows[i].energy, rows[i].coordinate);
    if (rows[i].refused)
      REFUSES(mf_flow_start(flow, m, v), "(0.291667, 0, 0)");
    else
      DO(mf_flow_start(flow, m, v));
  }
}
END_TEST

START_TEST(impossible_flows_are_refused)
{
  const mf_grid grid = line_grid(12, 0, 1, false);
  const mf_measure *pi = random_measure(&grid, 1, 1, 404);
  const mf_energy_type *kl = mf_energy_find("kl");
  const mf_geometry_type *wasserstein = mf_geometry_find("wasserstein");
  options energy, geometry;
  HOLDS(options_init(&energy, &kl->params) && options_init(&geometry, &wasserstein->params));
  mf_flow *flow;
  DO(mf_flow_create(&flow, &grid, pi));
  keep(A_FLOW, flow);
  REFUSES(mf_flow_finish(flow, NULL, pi), "needs an energy");
  for (int i = 0; i < MF_PARTS; i++) DO(mf_flow_add_energy(flow, kl, energy.data.bytes));
  REFUSES(mf_flow_add_energy(flow, kl, energy.data.bytes), "more than 16 energies");
  REFUSES(mf_flow_finish(flow, NULL, pi), "needs a geometry");
  for (int i = 0; i < MF_PARTS; i++) DO(mf_flow_add_geometry(flow, wasserstein, geometry.data.bytes));
  REFUSES(mf_flow_add_geometry(flow, wasserstein, geometry.data.bytes), "more than 16 geometries");
  DO(mf_flow_finish(flow, NULL, pi));
  ck_assert_int_eq(mf_flow_energies(flow), MF_PARTS);
  ck_assert_int_eq(mf_flow_geometries(flow), MF_PARTS);

  flow = flow_parts(&grid, pi, "mmd", "wasserstein");
  REFUSES(mf_flow_add_energy(flow, kl, energy.data.bytes), "after a geometry");
  flow = flow_parts(&grid, pi, "mmd + kl", "wasserstein");
  const mf_geometry_type *mmd = mf_geometry_find("mmd");
  options o;
  HOLDS(options_init(&o, &mmd->params));
  REFUSES(mf_flow_add_geometry(flow, mmd, o.data.bytes), "inverts the kernel");
  ck_assert_ptr_eq(mf_flow_target(flow), pi);
  mf_flow_free(NULL);
}
END_TEST

/* The error weights are relative to what is left: y itself measures 1/rtol, however small it is; in log and power
 * coordinates the care for tails adds at most (1/10)^2 of that, squared. */
START_TEST(weights_measure_what_is_left)
{
  const mf_grid grid = plane_grid(7, 6, 0, 1, false);
  const mf_measure *pi = random_measure(&grid, 1, 1, 405);
  static const struct {
    const char *energy, *geometry, *coordinate;
  } rows[] = {{"kl", "wasserstein", "deviation"},  {"mmd", "wasserstein", "deviation"},
              {"mmd", "wasserstein", "density"},   {"kl", "hellinger", "log"},
              {"hellinger", "hellinger", "power"}, {"mmd", "hellinger", "log"}};
  const double rtol = 1e-5;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (double scale = 1e-100; scale < 2; scale = scale < 1 ? fmin(1, scale * 1e25) : 2) {
      mf_flow *flow = flow_make(&grid, pi, pi, rows[i].coordinate, rows[i].energy, rows[i].geometry);
      double *v = random_field(grid.cells, 406), *w = reals(grid.cells), square = 0;
      const bool relative = mf_coordinate_relative(mf_flow_coordinate(flow));
      const bool density = !strcmp(rows[i].coordinate, "density");
      for (ptrdiff_t c = 0; c < grid.cells; c++) v[c] = density ? pi->density[c] : v[c] * scale;
      mf_flow_weights(flow, v, rtol, 0, w);
      for (ptrdiff_t c = 0; c < grid.cells; c++) {
        HOLDS(w[c] > 0 && isfinite(w[c]));
        square += w[c] * w[c] * v[c] * v[c] / (double)grid.cells;
      }
      at("%s in %s, %s, scale %g", rows[i].energy, rows[i].geometry, rows[i].coordinate, scale);
      CLOSE(sqrt(square) * rtol, 1, relative ? 0.005 + 1e-9 : 1e-12);
      mf_flow_weights(flow, v, rtol, 1e300, w); /* an absolute tolerance can only loosen */
      HOLDS(largest(w, grid.cells) < 1e-290);
    }
}
END_TEST

/* The correction takes off the mass that is too much, exactly where y is a density, to second order in a logarithm. */
START_TEST(projection_restores_the_mass)
{
  const mf_grid grid = plane_grid(7, 6, 0, 1, false);
  const mf_measure *pi = random_measure(&grid, 1, 1, 407);
  mf_measure *mu = random_measure(&grid, 1, 1, 408);
  /* Equal masses but for rounding, as of measures that were read from a file. */
  DO(mf_measure_normalise(mu, 1 + 5e-14));
  for (int kind = 0; mf_coordinate_names[kind]; kind++) {
    mf_flow *flow = flow_make(&grid, pi, mu, mf_coordinate_names[kind], "hellinger", "spherical_hellinger");
    double *v = reals(grid.cells), *corr = reals(grid.cells), *error = random_field(grid.cells, 409);
    DO(mf_flow_start(flow, mu, v));
    mf_report report;
    DO(mf_flow_report(flow, v, &report));
    at("%s", mf_coordinate_names[kind]);
    CLOSE(report.excess, 0, 1e-16); /* equal masses are made so to the last bit */
    for (ptrdiff_t c = 0; c < grid.cells; c++) v[c] += 1e-4 * (1 + 0.5 * error[c]);
    DO(mf_flow_report(flow, v, &report));
    HOLDS(fabs(report.excess) > 1e-6);
    mf_flow_project(flow, v, corr, NULL);
    for (ptrdiff_t c = 0; c < grid.cells; c++) v[c] += corr[c];
    DO(mf_flow_report(flow, v, &report));
    CLOSE(report.excess, 0, mf_coordinate_relative(mf_flow_coordinate(flow)) ? 1e-7 : 1e-16);
    mf_flow_project(flow, v, corr, error);
    double mass = 0;
    for (ptrdiff_t c = 0; c < grid.cells; c++) {
      const double slope = mf_coordinate_slope(mf_flow_coordinate(flow), report.state->log_ratio[c]);
      mass += mf_coordinate_relative(mf_flow_coordinate(flow)) ? report.state->density[c] * error[c] / slope
                                                               : error[c];
    }
    CLOSE(mass, 0, 1e-13 * (double)grid.cells);
  }
}
END_TEST

/* A rate that is no number asks for a smaller step; no clipping may hide it. */
START_TEST(rates_that_are_no_numbers_are_noticed)
{
  static const char *const lines[] = {"hellinger", "kl", "chi2 + mmd"};
  static const char *const geometry[] = {"wasserstein", "hellinger", "spherical_hellinger"};
  const mf_grid grid = line_grid(6, 0, 1, false);
  const mf_measure *pi = random_measure(&grid, 1, 1, 410);
  for (int e = 0; e < 3; e++)
    for (int g = 0; g < 3; g++)
      for (int kind = MF_DENSITY; kind <= MF_LOG; kind++) {
        mf_flow *flow = flow_make(&grid, pi, pi, mf_coordinate_names[kind], lines[e], geometry[g]);
        double *v = unknown(flow, pi), *rate = reals(grid.cells);
        at("%s in %s, %s", lines[e], geometry[g], mf_coordinate_names[kind]);
        DO(mf_flow_rate(flow, v, rate));
        mf_flow_linearise(flow, v);
        rate[2] = NAN;
        HOLDS(mf_flow_jacobian(flow, rate, v) == MF_RETRY);
        v[2] = NAN;
        HOLDS(mf_flow_rate(flow, v, rate) == MF_RETRY);
      }
}
END_TEST

/* ---- reactions in closed form (mathematics: B.3) -------------------------------------------------------------- */

/* log u of phi_p in Hellinger at time t with beta = 1: u^(1-p) - 1 decays like e^-t. */
static double reacted(double p, double l, double t)
{
  return p == 1 ? l * exp(-t) : log1p(expm1((1 - p) * l) * exp(-t)) / (1 - p);
}

/* pi e^l for l between two ends, without regard for mass. */
static mf_measure *tilted(const mf_measure *pi, double from, double to)
{
  const mf_grid *grid = pi->grid;
  mf_measure *m = empty_measure(grid);
  double *l = reals(grid->cells);
  for (ptrdiff_t c = 0; c < grid->cells; c++)
    l[c] = pi->log_density[c] + from + (to - from) * (double)c / (double)(grid->cells - 1);
  DO(mf_measure_set_log_density(m, l));
  m->mass = mf_field_mass(grid, m->density);
  return m;
}

/* u_t = u_0^(e^-t) from u_0 = e^-500 to e^3: the unknown is log u, and the reaction is linear in it. */
START_TEST(fisher_rao_remembers_tails)
{
  const mf_grid grid = line_grid(50, -4, 4, false);
  const mf_measure *pi = gaussian(&grid, 0, 1), *mu = tilted(pi, -500, 3);
  const double rtol = 1e-9;
  run *r = run_start(flow_make(&grid, pi, mu, NULL, "kl", "hellinger coefficient=2"), mu, rtol);
  ck_assert_int_eq(mf_flow_coordinate(r->flow)->kind, MF_LOG);
  for (double t = 0.5; t < 40; t *= 2) {
    run_to(r, t);
    at("t = %g", t);
    for (ptrdiff_t c = 0; c < grid.cells; c++)
      CLOSE_REL(r->y[c], (mu->log_density[c] - pi->log_density[c]) * exp(-2 * t), spread * rtol * (1 + t));
  }
}
END_TEST

START_TEST(reactions_follow_their_closed_form)
{
  static const double exponents[] = {-1, 0, 0.25, 0.5, 2, 3};
  const double p = exponents[_i], rtol = 1e-8;
  char energy[32];
  snprintf(energy, sizeof energy, "divergence p=%g", p);
  const mf_grid grid = line_grid(40, -2, 2, false);
  const mf_measure *pi = gaussian(&grid, 0, 1), *mu = tilted(pi, -20, 2);
  static const char *const names[] = {NULL, "log"};
  for (int k = 0; k < 2; k++) {
    run *r = run_start(flow_make(&grid, pi, mu, names[k], energy, "hellinger"), mu, rtol);
    const mf_coordinate *q = mf_flow_coordinate(r->flow);
    HOLDS(k == 1 || (q->kind == MF_POWER && q->exponent == 1 - p));
    for (double t = 0.01; t < 20; t *= 4) {
      run_to(r, t);
      const mf_report report = run_report(r);
      at("p = %g, %s, t = %g", p, mf_coordinate_names[q->kind], t);
      for (ptrdiff_t c = 0; c < grid.cells; c++) {
        const double start_l = fmax(mu->log_density[c] - pi->log_density[c], q->floor);
        const double want = reacted(p, start_l, t), got = report.state->log_ratio[c];
        /* Power: y = (u^q - 1)/q has one and the same relative error everywhere, and u^q = 1 + q y is small where q y is
         * near -1.  Log: cells of little mass are looked after with a tenth of the care. */
        const double u_q = 1 + expm1((1 - p) * want), y_q = fabs(expm1((1 - p) * want));
        const double allowed =
            k ? 30 * spread * rtol * (1 + fabs(want)) : spread * rtol * y_q / (u_q * fabs(1 - p));
        CLOSE(got, want, allowed);
      }
    }
  }
}
END_TEST

/* For p < 1 vacuum is left at once: sqrt u = 1 - e^-t from u = 0 for p = 1/2, u = 1 - e^-t for p = 0. */
START_TEST(vacuum_is_left_at_once)
{
  const mf_grid grid = line_grid(10, 0, 1, false);
  const mf_measure *pi = random_measure(&grid, 1, 1, 420),
                   *mu = with_vacuum(random_measure(&grid, 1, 1, 421), 4);
  for (int half = 0; half < 2; half++) {
    run *r =
        run_start(flow_make(&grid, pi, mu, NULL, half ? "hellinger" : "inclusive_kl", "hellinger"), mu, 1e-8);
    for (double t = 1e-3; t < 5; t *= 7) {
      run_to(r, t);
      const mf_report report = run_report(r);
      at("p = %g, t = %g", 0.5 * half, t);
      CLOSE_REL(report.state->density[4] / pi->density[4], pow(-expm1(-t), half ? 2 : 1), spread * 1e-8 / t);
    }
  }
}
END_TEST

/* Great circle: tan(theta/2) e^t is constant for cos theta = int sqrt(mu pi), and the path lies on the circle. */
START_TEST(spherical_hellinger_runs_on_a_great_circle)
{
  for (int i = 0; i < SHAPES; i++) {
    const mf_grid grid = shape_grid(&shapes[i]);
    if (grid.cells < 3) continue;
    const mf_measure *pi = random_measure(&grid, 1, 1, 430), *mu = random_measure(&grid, 1, 2, 431);
    const double rtol = 1e-8;
    run *r = run_start(flow_make(&grid, pi, mu, NULL, "hellinger", "spherical_hellinger"), mu, rtol);
    double cosine = 0;
    for (ptrdiff_t c = 0; c < grid.cells; c++) cosine += grid.volume * sqrt(mu->density[c] * pi->density[c]);
    const double theta_0 = acos(cosine);
    for (double t = 0.2; t < 8; t *= 3) {
      run_to(r, t);
      const mf_report report = run_report(r);
      const double theta = 2 * atan(tan(0.5 * theta_0) * exp(-t));
      at("%s, t = %g", shapes[i].name, t);
      for (ptrdiff_t c = 0; c < grid.cells; c++) {
        const double root =
            (sin(theta) * sqrt(mu->density[c]) + sin(theta_0 - theta) * sqrt(pi->density[c])) / sin(theta_0);
        CLOSE_REL(report.state->density[c], root * root, spread * rtol);
      }
      CLOSE(report.excess, 0, spread * rtol); /* nothing projects without BDF */
    }
    release_all();
  }
}
END_TEST

/* mu_t = mu_0^theta pi^(1-theta)/Z with theta = e^-t for p = 1; the straight line for p = 0; for p = 2 the clock tau with
 * t = int log(1 + tau u_0) d pi. */
static double logistic_clock(const mf_measure *pi, const mf_measure *mu, double t)
{
  const mf_grid *grid = pi->grid;
  double low = 0, high = 1e12;
  for (int k = 0; k < 200; k++) {
    const double middle = low < 1e-6 ? 0.5 * (low + high) : sqrt(low * high);
    double sum = 0;
    for (ptrdiff_t c = 0; c < grid->cells; c++)
      sum += grid->volume * pi->density[c] * log1p(middle * mu->density[c] / pi->density[c]);
    *(sum < t ? &low : &high) = middle;
  }
  return low;
}

START_TEST(spherical_reactions_follow_their_paths)
{
  static const char *const lines[] = {"inclusive_kl", "kl", "chi2"};
  const mf_grid grid = line_grid(30, -3, 3, false);
  const mf_measure *pi = gaussian(&grid, 0, 1), *mu = gaussian(&grid, 1, 0.5);
  const double rtol = 1e-8;
  run *r = run_start(flow_make(&grid, pi, mu, NULL, lines[_i], "spherical_hellinger"), mu, rtol);
  for (double t = 0.1; t < 8; t *= 3) {
    run_to(r, t);
    const mf_report report = run_report(r);
    double *want = reals(grid.cells);
    const double tau = _i == 2 ? logistic_clock(pi, mu, t) : 0;
    for (ptrdiff_t c = 0; c < grid.cells; c++) {
      const double u = mu->density[c] / pi->density[c];
      const double ratio[] = {1 + (u - 1) * exp(-t), pow(u, exp(-t)), u / (1 + tau * u)};
      want[c] = ratio[_i] * pi->density[c];
    }
    const double mass = mf_field_mass(&grid, want);
    at("%s, t = %g", lines[_i], t);
    for (ptrdiff_t c = 0; c < grid.cells; c++)
      CLOSE_REL(report.state->density[c], want[c] / mass, 10 * spread * rtol);
  }
}
END_TEST

/* ---- transport in closed form --------------------------------------------------------------------------------- */

/* Second order: from n to 2n cells the error falls by about 4, unless it is down to the tolerance of the integration. */
static void check_order(const char *what, double coarse, double fine, double want, double largest_error)
{
  const double a = fabs(coarse - want), b = fabs(fine - want);
  ck_assert_msg(b <= largest_error, "%s: %s = %.10g, want %.10g", here, what, fine, want);
  if (b > 2e-5) ck_assert_msg(a / b > 3.2 && a / b < 5, "%s: %s errs by %.3g, then %.3g", here, what, a, b);
}

/* Errors of a Gaussian's mass, mean and variance at time t on n cells of [-7, 7]. */
typedef struct {
  double mass, mean, variance;
} gauss;

static gauss gaussian_run(long n, const char *geometry, double mass, double mean, double variance, double t)
{
  const mf_grid grid = line_grid(n, -7, 7, false);
  const mf_measure *pi = gaussian(&grid, 0, 1);
  mf_measure *mu = gaussian(&grid, mean, variance);
  DO(mf_measure_normalise(mu, mass));
  run *r = run_start(flow_make(&grid, pi, mu, NULL, "kl", geometry), mu, 1e-7);
  run_to(r, t);
  const mf_report report = run_report(r);
  double m[MF_AXES], covariance[MF_AXES * MF_AXES];
  mf_field_moments(&grid, report.state->density, m, covariance);
  return (gauss){1 + report.excess, m[0], covariance[0]};
}

/* Ornstein-Uhlenbeck: mean e^-(alpha t), variance 1 + (s0 - 1) e^-(2 alpha t); errors of order h^2, h = 0.175. */
START_TEST(gaussians_relax_under_fokker_planck)
{
  const double alpha = 0.7, t = 0.8;
  const gauss coarse = gaussian_run(80, "wasserstein coefficient=0.7", 1, 1.5, 0.4, t);
  const gauss fine = gaussian_run(160, "wasserstein coefficient=0.7", 1, 1.5, 0.4, t);
  check_order("mean", coarse.mean, fine.mean, 1.5 * exp(-alpha * t), 0.002);
  check_order("variance", coarse.variance, fine.variance, 1 + (0.4 - 1) * exp(-2 * alpha * t), 0.005);
  CLOSE(fine.mass, 1, 1e-14);
}
END_TEST

/* The same in the plane, start and target correlated in ways of their own: m(t) = e^(-G t) m_0 and S(t) = S* + e^(-G t)
 * (S_0 - S* ) e^(-G t), G = 1/S*, with e^(-G t) = e^(-a t) (cosh(d t) - sinh(d t)/d (G - a)), a half the trace. */
typedef double moments[5]; /* mean (2), covariance xx, xy, yy */

static void plane_run(long n, const double *s_0, const double *target, const double *m_0, double t,
                      moments out)
{
  const mf_grid grid = plane_grid(n, n, -7, 7, false);
  mf_measure *pi = empty_measure(&grid), *mu = empty_measure(&grid);
  DO(mf_measure_add_gaussian(pi, 1, (const double[]){0, 0}, target));
  DO(mf_measure_add_gaussian(mu, 1, m_0, s_0));
  DO(mf_measure_normalise(pi, 1));
  DO(mf_measure_normalise(mu, 1));
  run *r = run_start(flow_make(&grid, pi, mu, NULL, "kl", "wasserstein"), mu, 1e-7);
  run_to(r, t);
  double mean[MF_AXES], covariance[MF_AXES * MF_AXES];
  mf_field_moments(&grid, run_report(r).state->density, mean, covariance);
  memcpy(out, (const moments){mean[0], mean[1], covariance[0], covariance[1], covariance[4]},
         sizeof(moments));
}

START_TEST(correlated_gaussians_relax_in_the_plane)
{
  static const double target[] = {1, 0.5, 0.5, 1.6}, s_0[] = {0.8, -0.2, -0.2, 0.6}, m_0[] = {1, -0.7};
  const double t = 0.7, det = target[0] * target[3] - target[1] * target[1];
  const double g[] = {target[3] / det, -target[1] / det, -target[1] / det, target[0] / det};
  const double a = 0.5 * (g[0] + g[3]), d = sqrt(0.25 * (g[0] - g[3]) * (g[0] - g[3]) + g[1] * g[1]);
  double e[4], difference[4], half[4], full[4];
  for (int i = 0; i < 4; i++) {
    const double unit = i % 3 == 0;
    e[i] = exp(-a * t) * (cosh(d * t) * unit - sinh(d * t) / d * (g[i] - a * unit));
    difference[i] = s_0[i] - target[i];
  }
  for (int i = 0; i < 4; i++)
    half[i] = e[i / 2 * 2] * difference[i % 2] + e[i / 2 * 2 + 1] * difference[2 + i % 2];
  for (int i = 0; i < 4; i++)
    full[i] = target[i] + half[i / 2 * 2] * e[i % 2] + half[i / 2 * 2 + 1] * e[2 + i % 2];
  const moments want = {e[0] * m_0[0] + e[1] * m_0[1], e[2] * m_0[0] + e[3] * m_0[1], full[0], full[1],
                        full[3]};
  moments coarse, fine;
  plane_run(48, s_0, target, m_0, t, coarse);
  plane_run(96, s_0, target, m_0, t, fine);
  static const char *const names[] = {"mean x", "mean y", "variance x", "covariance", "variance y"};
  for (int i = 0; i < 5; i++) check_order(names[i], coarse[i], fine[i], want[i], 0.005); /* h^2/4 */
}
END_TEST

/* Transport and reaction together, mass included: the closed form of B.2, and an integral for the mass. */
static gauss hellinger_kantorovich(double alpha, double beta, double mass, double m, double s, double t)
{
  const double kappa = 2 * alpha + beta, c = (2 * alpha + beta * s) / (1 - s), e = c * exp(kappa * t);
  gauss g = {.mean = m * exp(alpha * t) * (beta + c) / (beta + e), .variance = (e - 2 * alpha) / (beta + e)};
  double integral = 0;
  enum { PANELS = 2000 }; /* of Simpson's rule */
  for (int i = 0; i <= PANELS && mass > 0; i++) {
    const double when = t * i / PANELS, weight = i == 0 || i == PANELS ? 1 : i % 2 ? 4 : 2;
    const gauss at_ = hellinger_kantorovich(alpha, beta, 0, m, s, when);
    const double kl = 0.5 * (at_.variance - 1 + at_.mean * at_.mean - log(at_.variance));
    integral += weight * exp(-beta * (t - when)) * kl * t / (3 * PANELS);
  }
  g.mass = mass > 0 ? exp(exp(-beta * t) * log(mass) - beta * integral) : 0;
  return g;
}

START_TEST(gaussians_relax_under_hellinger_kantorovich)
{
  static const double alphas[] = {1, 0.4, 0}, betas[] = {1, 2, 1.5};
  const double alpha = alphas[_i], beta = betas[_i], t = 0.6;
  char geometry[96];
  snprintf(geometry, sizeof geometry, "wasserstein coefficient=%g + hellinger coefficient=%g", alpha, beta);
  const gauss want = hellinger_kantorovich(alpha, beta, 0.5, 2, 0.3, t);
  const gauss coarse = gaussian_run(100, geometry, 0.5, 2, 0.3, t),
              fine = gaussian_run(200, geometry, 0.5, 2, 0.3, t);
  at("alpha %g, beta %g", alpha, beta);
  check_order("mass", coarse.mass, fine.mass, want.mass, 0.002);
  check_order("mean", coarse.mean, fine.mean, want.mean, 0.005);
  check_order("variance", coarse.variance, fine.variance, want.variance, 0.01);
}
END_TEST

/* A constant target: cosines are eigenfunctions of the chain, with the sum of (4/h^2) sin^2(k h/2) over the axes. */
START_TEST(heat_modes_decay_at_their_discrete_rate)
{
  for (int i = 0; i < SHAPES; i++) {
    const mf_grid grid = shape_grid(&shapes[i]);
    const ptrdiff_t cells = grid.cells;
    mf_measure *pi = empty_measure(&grid), *mu = empty_measure(&grid);
    double *rho = reals(cells), rate = 0;
    DO(mf_measure_add_box(pi, 1, grid.lo, grid.hi));
    for (ptrdiff_t c = 0; c < cells; c++) rho[c] = 0.3;
    for (int a = 0; a < grid.dim; a++) {
      const double length_a = grid.hi[a] - grid.lo[a];
      const int mode = grid.n[a] == 1 ? 0
                       : a == 0       ? 1
                                      : 2; /* half-waves; on a ring one whole wave, of any phase */
      const double k = (grid.periodic[a] ? 2 * (mode > 0) : mode) * acos(-1) / length_a,
                   phase = grid.periodic[a] ? 0.3 : 0;
      const double sine = sin(0.5 * k * grid.h[a]);
      rate += 4 / (grid.h[a] * grid.h[a]) * sine * sine;
      for (ptrdiff_t c = 0; c < cells; c++) {
        double centre[MF_AXES];
        mf_grid_centre(&grid, c, centre);
        rho[c] *= cos(k * (centre[a] - grid.lo[a]) + phase);
      }
    }
    if (rate == 0) continue;
    for (ptrdiff_t c = 0; c < cells; c++) rho[c] = pi->density[c] * (1 + rho[c]);
    DO(mf_measure_set_density(mu, rho));
    mu->mass = 1;
    const double rtol = 1e-8, alpha = 0.6, t = 2 / (alpha * rate);
    run *r = run_start(flow_make(&grid, pi, mu, NULL, "kl", "wasserstein coefficient=0.6"), mu, rtol);
    double *want = unknown(r->flow, mu);
    for (ptrdiff_t c = 0; c < cells; c++) want[c] *= exp(-2);
    run_to(r, t);
    at("%s", shapes[i].name);
    SAME(r->y, want, cells, spread * rtol * largest(want, cells));
    release_all();
  }
}
END_TEST

static double well(const double *centre)
{
  return -4 * (centre[0] * centre[0] - 1) * (centre[0] * centre[0] - 1);
}

/* sum pi (u - 1)^2 <= e^(-2 alpha lambda_h t), with the gap of the chain itself, and equality in the end. */
START_TEST(chi_squared_decays_with_the_discrete_gap)
{
  const mf_grid grid = line_grid(60, -2.2, 2.2, false);
  const mf_measure *pi = measure_of(&grid, 1, well), *mu = gaussian(&grid, 0.9, 0.02);
  const double alpha = 1.7, gap = alpha * chain_eigenvalue(&grid, pi, MF_FACE_AUTO, 0.1), rtol = 1e-8;
  run *r = run_start(flow_make(&grid, pi, mu, NULL, "kl", "wasserstein coefficient=1.7"), mu, rtol);
  double first = 0, before = 0, chi2 = 0;
  for (int k = 0; k <= 40; k++) {
    const double t = 0.5 * k;
    run_to(r, t);
    before = chi2;
    chi2 = 0;
    for (ptrdiff_t c = 0; c < grid.cells; c++) chi2 += grid.volume * r->y[c] * r->y[c] / pi->density[c];
    if (k == 0) first = before = chi2;
    at("t = %g", t);
    HOLDS(chi2 <= first * exp(-2 * gap * t) * (1 + spread * rtol));
    HOLDS(k == 0 ||
          chi2 <= before * exp(-2 * gap * 0.5) * (1 + spread * rtol)); /* a contraction from any start */
  }
  CLOSE_REL(log(before / chi2) / 0.5, 2 * gap, spread * rtol); /* only the slowest mode is left */
}
END_TEST

/* ---- interaction-force transport ------------------------------------------------------------------------------ */

static run *force_transport(const mf_grid *grid, const char *kernel, double alpha, double beta, double rtol)
{
  char energy[96], geometry[96];
  const mf_measure *pi = gaussian(grid, 0.3, 0.1), *mu = gaussian(grid, 1, 0.05);
  int name = 0;
  while (strcmp(mf_kernel_names[name], kernel)) name++;
  snprintf(energy, sizeof energy, "mmd kernel=%s bandwidth=%s", kernel,
           mf_kernel_types[name]->scaled ? "0.4" : "");
  snprintf(geometry, sizeof geometry, "wasserstein coefficient=%g + mmd coefficient=%g", alpha, beta);
  return run_start(flow_make(grid, pi, mu, NULL, energy, geometry), mu, rtol);
}

/* MMD(t) e^(beta t) does not increase, on any grid and for any kernel (Gladin et al. 2024, Theorem 3.7).  A
 * kernel of finite rank sees a few moments, which may fall much faster than e^(-beta t); steps are accurate to
 * rtol of all that is left of mu - pi. */
START_TEST(mmd_decays_as_the_theorem_says)
{
  static const int on[] = {0, 1, 4, 5, 6, 8}; /* line, ring, rectangle, torus, tube, thin torus */
  const double beta = 0.5, rtol = 1e-6;
  for (size_t i = 0; i < sizeof on / sizeof *on; i++) {
    const mf_grid grid = shape_grid(&shapes[on[i]]);
    const bool periodic = grid.periodic[0] || grid.periodic[1];
    if (mf_kernel_types[_i]->coefficient && periodic) continue; /* needs walls */
    run *r = force_transport(&grid, mf_kernel_names[_i], 1, beta, rtol);
    double before = run_report(r).energy;
    const double left = pow(spread * rtol, 2) * before;
    HOLDS(before > 0);
    for (int k = 1; k <= 40; k++) {
      run_until(r, 0.5 * k, 20);
      const double now = run_report(r).energy * exp(2 * beta * 0.5 * k);
      at("%s on the %s, t = %g", mf_kernel_names[_i], shapes[on[i]].name, 0.5 * k);
      ck_assert_msg(now <= before * (1 + spread * rtol) + left, "%s: %.9g after %.9g", here, now, before);
      before = now;
    }
    release_all();
  }
}
END_TEST

/* Without transport mu runs straight to pi: mu - pi decays like e^(-beta t), cell by cell. */
START_TEST(reaction_alone_is_a_straight_line)
{
  const double beta = 1.3, rtol = 1e-8;
  for (int i = 0; i < SHAPES; i++) {
    const mf_grid grid = shape_grid(&shapes[i]);
    if (grid.cells < 3) continue;
    run *r = force_transport(&grid, "gaussian", 0, beta, rtol);
    double *want = reals(grid.cells);
    memcpy(want, r->y, (size_t)grid.cells * sizeof *want);
    const double square = run_report(r).energy;
    run_to(r, 2);
    at("%s", shapes[i].name);
    for (ptrdiff_t c = 0; c < grid.cells; c++) want[c] *= exp(-beta * 2);
    SAME(r->y, want, grid.cells, spread * rtol * largest(want, grid.cells));
    CLOSE_REL(run_report(r).energy, square * exp(-2 * beta * 2), 2 * spread * rtol);
    release_all();
  }
}
END_TEST

/* ---- what every run keeps ------------------------------------------------------------------------------------- */

static const struct {
  const char *energy, *geometry;
} kinds[] = {{"kl", "wasserstein"},
             {"mmd bandwidth=0.5", "wasserstein"},
             {"hellinger", "wasserstein"},
             {"chi2", "wasserstein"},
             {"kl", "wasserstein + spherical_hellinger"},
             {"inclusive_kl", "wasserstein + spherical_hellinger"}};
enum { KINDS = sizeof kinds / sizeof *kinds };

START_TEST(mass_stays_to_the_last_digit)
{
  for (int i = 0; i < SHAPES; i++) {
    const mf_grid grid = shape_grid(&shapes[i]);
    if (grid.cells < 3) continue;
    const mf_measure *pi = random_measure(&grid, 1, 0.5, 440), *mu = random_measure(&grid, 1, 1, 441);
    run *r = run_start(flow_make(&grid, pi, mu, NULL, kinds[_i].energy, kinds[_i].geometry), mu, 1e-5);
    for (double t = 0.01; t < 5; t *= 5) {
      run_to(r, t);
      const mf_report report = run_report(r);
      at("%s in %s, %s, t = %g", kinds[_i].energy, kinds[_i].geometry, shapes[i].name, t);
      CLOSE(report.excess, 0, 1e-14);
      CLOSE(mf_field_mass(&grid, report.state->density), 1, 1e-14);
    }
    release_all();
  }
}
END_TEST

/* Mass need not be the target's to be kept. */
START_TEST(mass_stays_what_it_was)
{
  const mf_grid grid = line_grid(30, -3, 3, false);
  const mf_measure *pi = gaussian(&grid, 0, 1);
  mf_measure *mu = gaussian(&grid, 0.5, 0.5);
  DO(mf_measure_normalise(mu, 0.7));
  for (int i = 0; i < KINDS; i++) {
    run *r = run_start(flow_make(&grid, pi, mu, NULL, kinds[i].energy, kinds[i].geometry), mu, 1e-5);
    run_to(r, 2);
    at("%s in %s", kinds[i].energy, kinds[i].geometry);
    CLOSE(mf_field_mass(&grid, run_report(r).state->density), 0.7, 1e-14);
    CLOSE(run_report(r).excess, -0.3, 1e-14);
  }
}
END_TEST

/* Looking is not touching: however often outputs are taken, the steps and the end are the same to the last bit. */
START_TEST(looking_changes_nothing)
{
  const mf_grid grid = plane_grid(12, 10, -3, 3, false);
  const mf_measure *pi = gaussian(&grid, 0, 1), *mu = gaussian(&grid, 0.5, 0.5);
  double *end[2];
  mf_counters n[2];
  for (int often = 0; often < 2; often++) {
    run *r = run_start(flow_make(&grid, pi, mu, NULL, kinds[_i].energy, kinds[_i].geometry), mu, 1e-6);
    for (int k = 1; often && k < 500; k++) {
      run_until(r, 0.002 * k, 1);
      run_report(r);
    }
    run_until(r, 1, 1);
    end[often] = r->y;
    mf_march_counters(r->march, &n[often]);
  }
  at("%s in %s", kinds[_i].energy, kinds[_i].geometry);
  ck_assert_int_eq(n[0].steps, n[1].steps);
  ck_assert_int_eq(n[0].rates, n[1].rates);
  ck_assert_mem_eq(end[0], end[1], (size_t)grid.cells * sizeof *end[0]);
}
END_TEST

/* Decay is seen to the last decade: no floor of round-off or of tolerances down to 1e-150, and the rate is that of linear
 * theory, 2 lambda_h for transport, 2 (lambda_h + beta) with a reaction on measures of fixed mass. */
START_TEST(decay_has_no_floor)
{
  static const struct {
    const char *geometry;
    double beta, end;
  } rows[] = {{"wasserstein", 0, 160}, {"wasserstein + spherical_hellinger coefficient=1", 1, 80}};
  const mf_grid grid = line_grid(60, -6, 6, false);
  const mf_measure *pi = gaussian(&grid, 0, 1), *mu = gaussian(&grid, 1, 0.5);
  const double rate = 2 * (chain_eigenvalue(&grid, pi, MF_FACE_AUTO, 0.9) + rows[_i].beta), rtol = 1e-5;
  run *r = run_start(flow_make(&grid, pi, mu, NULL, "kl", rows[_i].geometry), mu, rtol);
  double energy[2], time[2];
  for (int k = 0; k < 2; k++) {
    time[k] = rows[_i].end * (0.5 + 0.5 * k);
    run_to(r, time[k]);
    energy[k] = run_report(r).energy;
  }
  at("%s", rows[_i].geometry);
  HOLDS(energy[1] > 0 && energy[1] < 1e-130);
  CLOSE_REL(log(energy[0] / energy[1]) / (time[1] - time[0]), rate, 1e-3);
}
END_TEST

static void add_vector_tests(Suite *suite)
{
  TCase *all = tcase_create("vector");
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_loop_test(all, vector_operations_are_loops, 0, LENGTHS);
  tcase_add_loop_test(all, vector_reductions_are_sums, 0, LENGTHS);
  tcase_add_loop_test(all, fused_vector_operations_are_loops, 0, LENGTHS);
  tcase_add_loop_test(all, operations_that_were_put_off_are_done_in_order, 0, LENGTHS);
  tcase_add_test(all, vectors_can_be_cloned_and_lent);
  suite_add_tcase(suite, all);
}

static void add_integrator_tests(Suite *suite)
{
  TCase *all = tcase_create("integrator");
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_loop_test(all, preconditioner_contracts, 0, STIFF);
  tcase_add_test(all, linearisations_are_shared);
  tcase_add_loop_test(all, preconditioner_is_exact_on_a_line, 0, STIFF);
  tcase_add_test(all, vanishing_pivot_is_told);
  tcase_add_loop_test(all, exponentials_decay, 0, 2);
  tcase_add_test(all, stiff_systems_take_long_steps);
  tcase_add_loop_test(all, fatal_status_is_kept, 0, 2);
  tcase_add_test(all, fatal_status_of_the_linear_algebra_is_kept);
  tcase_add_loop_test(all, retries_are_granted, 0, 2);
  tcase_add_loop_test(all, steps_are_limited, 0, 2);
  tcase_add_loop_test(all, order_and_step_size_are_limited, 0, 2);
  tcase_add_loop_test(all, projections_are_made_with_bdf, 0, 2);
  tcase_add_test(all, integrator_knows_its_library);
  suite_add_tcase(suite, all);
}

static void add_flow_tests(Suite *suite)
{
  TCase *all = tcase_create("flow");
  int kernels = 0;
  while (mf_kernel_types[kernels]) kernels++;
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_test(all, coordinate_follows_from_the_traits);
  tcase_add_test(all, coordinates_can_be_asked_for);
  tcase_add_test(all, vacuum_is_refused_where_there_is_none);
  tcase_add_test(all, impossible_flows_are_refused);
  tcase_add_test(all, weights_measure_what_is_left);
  tcase_add_test(all, projection_restores_the_mass);
  tcase_add_test(all, rates_that_are_no_numbers_are_noticed);
  tcase_add_test(all, fisher_rao_remembers_tails);
  tcase_add_loop_test(all, reactions_follow_their_closed_form, 0, 6);
  tcase_add_test(all, vacuum_is_left_at_once);
  tcase_add_test(all, spherical_hellinger_runs_on_a_great_circle);
  tcase_add_loop_test(all, spherical_reactions_follow_their_paths, 0, 3);
  tcase_add_test(all, gaussians_relax_under_fokker_planck);
  tcase_add_test(all, correlated_gaussians_relax_in_the_plane);
  tcase_add_loop_test(all, gaussians_relax_under_hellinger_kantorovich, 0, 3);
  tcase_add_test(all, heat_modes_decay_at_their_discrete_rate);
  tcase_add_test(all, chi_squared_decays_with_the_discrete_gap);
  tcase_add_loop_test(all, mmd_decays_as_the_theorem_says, 0, kernels);
  tcase_add_test(all, reaction_alone_is_a_straight_line);
  tcase_add_loop_test(all, mass_stays_to_the_last_digit, 0, KINDS);
  tcase_add_test(all, mass_stays_what_it_was);
  tcase_add_loop_test(all, looking_changes_nothing, 0, KINDS);
  tcase_add_loop_test(all, decay_has_no_floor, 0, 2);
  suite_add_tcase(suite, all);
}

int main(void)
{
  Suite *suite = suite_create("solver");
  add_vector_tests(suite);
  add_integrator_tests(suite);
  add_flow_tests(suite);
  return mf_run_suite(suite);
}
