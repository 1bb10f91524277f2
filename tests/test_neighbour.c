/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is whose neighbour, against coordinates: on every kind of grid, from one cell on. */
#include "grids/neighbour.h"

#include "grids/halo.h"
#include "tests/flows.h"

#include <stdint.h>

/* ---- grids, and what coordinates say ------------------------------------------------------------------------ */

/* Every size up to `most` along each axis, walls and rings mixed, number by number. */
static bool some_grid(int dim, long most, long number, mf_grid *grid)
{
  static const double lo[MF_AXES] = {-1.5, -1, 0.25}, hi[MF_AXES] = {2, 1.75, 2.25};
  long cells[MF_AXES];
  bool periodic[MF_AXES];
  for (int a = 0; a < dim; a++) {
    cells[a] = 1 + number % most;
    periodic[a] = number / most % 2;
    number /= 2 * most;
  }
  if (number > 0) return false;
  DO(mf_grid_init(grid, dim, cells, lo, hi, periodic));
  at("%d axes: %ld%s %ld%s %ld%s", dim, (long)grid->n[0], grid->periodic[0] ? "p" : "", (long)grid->n[1],
     grid->periodic[1] ? "p" : "", (long)grid->n[2], grid->periodic[2] ? "p" : "");
  return true;
}

static long most_cells(int dim)
{
  return dim == 1 ? 9 : dim == 2 ? 5 : 4;
}

/* The cell whose centre is where that of c is, moved by `steps` cells along an axis; -1 if that is outside the box. */
static ptrdiff_t place(const mf_grid *grid, int axis, ptrdiff_t c, ptrdiff_t steps)
{
  double from[MF_AXES], x[MF_AXES];
  mf_grid_centre(grid, c, from);
  const double length = grid->hi[axis] - grid->lo[axis],
               small = 1e-6; /* of a cell; centres are good to 1e-15 */
  if (axis < grid->dim) from[axis] += (double)steps * grid->h[axis];
  if (axis >= grid->dim && steps != 0) return -1; /* nothing is there */
  if (grid->periodic[axis]) from[axis] -= length * floor((from[axis] - grid->lo[axis]) / length);
  for (ptrdiff_t d = 0; d < grid->cells; d++) {
    mf_grid_centre(grid, d, x);
    bool there = true;
    for (int a = 0; a < MF_AXES; a++) there = there && fabs(x[a] - from[a]) < small * grid->h[a];
    if (there) return d;
  }
  return -1;
}

/* The cell across the face above (1) or below (-1) cell c, -1 where there is no face. */
static ptrdiff_t across(const mf_grid *grid, int axis, ptrdiff_t c, int step)
{
  const ptrdiff_t there = place(grid, axis, c, step);
  return there == c ? -1 : there;
}

static ptrdiff_t layer_of(const mf_grid *grid, int axis, ptrdiff_t c)
{
  return c / grid->stride[axis] % grid->n[axis];
}

/* ---- cells -------------------------------------------------------------------------------------------------- */

/* Steps lead to where coordinates say and back, or end at a wall. */
static void check_distances(const mf_grid *grid, int axis, ptrdiff_t c)
{
  const ptrdiff_t k = layer_of(grid, axis, c);
  for (ptrdiff_t steps = -3; steps <= 3; steps++) {
    const ptrdiff_t there = place(grid, axis, c, steps), got = c + mf_grid_distance(grid, axis, k, steps);
    ptrdiff_t last = c;
    for (ptrdiff_t s = 0, next = c; next >= 0 && s <= labs(steps);
         s++, next = place(grid, axis, c, steps < 0 ? -s : s))
      last = next;
    ck_assert_int_eq(got, there >= 0 ? there : last);
    if (there >= 0)
      ck_assert_int_eq(there + mf_grid_distance(grid, axis, layer_of(grid, axis, there), -steps), c);
    ck_assert_int_eq(mf_grid_layer(grid, axis, k, steps), layer_of(grid, axis, got));
  }
  const mf_beside beside = mf_grid_beside(grid, axis);
  ck_assert_int_eq(mf_below(&beside, k), mf_grid_distance(grid, axis, k, -1));
  ck_assert_int_eq(mf_above(&beside, k), mf_grid_distance(grid, axis, k, 1));
  ck_assert_int_eq(mf_face_below(&beside, k), mf_grid_face_below(grid, axis, k));
  if (k == 0) HOLDS(mf_grid_closed(grid, axis) == (across(grid, axis, c, -1) >= 0));
}

START_TEST(distances_are_those_of_coordinates)
{
  mf_grid grid;
  for (long number = 0; some_grid(_i, most_cells(_i), number, &grid); number++)
    for (int a = 0; a < MF_AXES; a++)
      for (ptrdiff_t c = 0; c < grid.cells; c++) check_distances(&grid, a, c);
}
END_TEST

/* Layers begin .. end of the last axis, as another process might have them. */
static mf_grid slab_of(const mf_grid *whole, ptrdiff_t begin, ptrdiff_t end)
{
  mf_grid slab = *whole;
  const int last = whole->dim - 1;
  slab.n[last] = end - begin;
  slab.offset[last] = begin;
  slab.ghosts = 2;
  slab.cells = slab.n[last] * slab.stride[last];
  for (int a = whole->dim; a < MF_AXES; a++) slab.stride[a] = slab.cells;
  return slab;
}

/* In a slab the neighbours are where they are in the whole box, those of other slabs among the ghosts; around a cut ring
 * ghosts go on. */
static void check_slab(const mf_grid *whole, const mf_grid *slab, int axis)
{
  const ptrdiff_t first = mf_grid_first(slab);
  const bool around = axis == whole->dim - 1 && whole->periodic[axis];
  for (ptrdiff_t c = 0; c < slab->cells; c++)
    for (ptrdiff_t steps = -2; steps <= 2; steps++) {
      const ptrdiff_t got = mf_grid_distance(slab, axis, layer_of(slab, axis, c), steps);
      const ptrdiff_t want = mf_grid_distance(whole, axis, layer_of(whole, axis, c + first), steps);
      ck_assert_int_eq(got, around ? steps * slab->stride[axis] : want);
      HOLDS(c + got >= -2 * slab->stride[slab->dim - 1] &&
            c + got < slab->cells + 2 * slab->stride[slab->dim - 1]);
    }
}

START_TEST(slabs_have_their_neighbours_in_ghosts)
{
  mf_grid grid;
  for (long number = 0; some_grid(_i, most_cells(_i), number, &grid); number++) {
    const ptrdiff_t layers = grid.n[grid.dim - 1];
    for (ptrdiff_t begin = 0; begin < layers; begin++)
      for (ptrdiff_t end = begin + 1; end <= layers; end++) {
        const mf_grid slab = slab_of(&grid, begin, end);
        for (int a = 0; end - begin < layers && a < grid.dim; a++) check_slab(&grid, &slab, a);
      }
  }
}
END_TEST

/* Distances are the same all along a run, and cells far from both ends are in one. */
static void check_layers(const mf_grid *grid, int axis, ptrdiff_t down, ptrdiff_t up, ptrdiff_t begin,
                         ptrdiff_t end)
{
  ptrdiff_t next = begin;
  const ptrdiff_t n = grid->n[axis], block = n * grid->stride[axis];
  for (mf_layers l = mf_layers_in(grid, axis, down, up, begin, end); mf_layers_next(&l);) {
    ck_assert_int_eq(l.first, next);
    HOLDS(l.count > 0 && l.first + l.count <= end);
    ck_assert_int_eq(l.layer, layer_of(grid, axis, l.first));
    next = l.first + l.count;
    for (ptrdiff_t c = l.first; c < next; c++)
      for (ptrdiff_t s = -down; s <= up; s++)
        ck_assert_int_eq(mf_grid_distance(grid, axis, layer_of(grid, axis, c), s),
                         mf_grid_distance(grid, axis, l.layer, s));
    const ptrdiff_t k = layer_of(grid, axis, next - 1);
    const bool inside = k >= down && k + up < n && next < end && next % block != 0;
    if (inside) HOLDS(layer_of(grid, axis, next) + up >= n);
  }
  ck_assert_int_eq(next, end);
}

START_TEST(runs_of_cells_have_one_distance)
{
  mf_grid grid;
  unsigned long long seed = 3;
  for (long number = 0; some_grid(_i, most_cells(_i), number, &grid); number++)
    for (int a = 0; a < MF_AXES; a++)
      for (int turn = 0; turn < 4; turn++) {
        const double share = turn ? fabs(chance(&seed)) : 0, rest = turn ? fabs(chance(&seed)) : 1;
        const ptrdiff_t begin = (ptrdiff_t)(share * (double)grid.cells);
        const ptrdiff_t end = begin + (ptrdiff_t)(rest * (double)(grid.cells - begin));
        check_layers(&grid, a, turn % 3, (turn + 1) % 3, begin, end);
      }
}
END_TEST

/* Pairs are twice as long, begin where the grid does, and are numbered as cells are. */
START_TEST(pairs_are_cells_of_a_grid)
{
  mf_grid grid, pairs;
  for (long number = 0; some_grid(_i, most_cells(_i), number, &grid); number++)
    for (int a = 0; a < grid.dim; a++) {
      mf_grid_pairs(&pairs, &grid, a);
      ptrdiff_t cells = 1;
      for (int b = 0; b < MF_AXES; b++) {
        ck_assert_int_eq(pairs.n[b], b == a ? (grid.n[b] + 1) / 2 : grid.n[b]);
        ck_assert_int_eq(pairs.stride[b], cells);
        cells *= pairs.n[b];
        HOLDS(pairs.h[b] == (b == a ? 2 : 1) * grid.h[b] && pairs.periodic[b] == grid.periodic[b]);
      }
      HOLDS(pairs.cells == cells && pairs.volume == 2 * grid.volume && pairs.dim == grid.dim);
      for (ptrdiff_t c = 0; c < grid.cells; c++) { /* the middle of cells 2i and 2i + 1 is that of pair i */
        const ptrdiff_t k = layer_of(&grid, a, c), block = grid.stride[a] * grid.n[a];
        const ptrdiff_t p =
            c / block * pairs.stride[a] * pairs.n[a] + k / 2 * grid.stride[a] + c % grid.stride[a];
        double x[MF_AXES], y[MF_AXES];
        mf_grid_centre(&grid, c, x);
        mf_grid_centre(&pairs, p, y);
        x[a] += (k % 2 ? -0.5 : 0.5) * grid.h[a];
        for (int b = 0; b < MF_AXES; b++) CLOSE(x[b], y[b], 1e-14); /* a few ulp of coordinates up to 3 */
      }
    }
}
END_TEST

/* ---- faces -------------------------------------------------------------------------------------------------- */

/* Each face comes once, from the cell below it: in a ring of two cells there are two between the same cells. */
static void check_faces(const mf_grid *grid, int axis,
                        ptrdiff_t (*above)(const mf_grid *grid, int axis, ptrdiff_t c, int step))
{
  unsigned char *seen = calloc((size_t)grid->cells, 1);
  for (mf_faces f = mf_faces_of(grid, axis); mf_faces_next(&f);) {
    HOLDS(f.count > 0 && f.count <= MF_FACES);
    for (ptrdiff_t low = f.first; low < f.first + f.count; low++) {
      HOLDS(low >= 0 && low < grid->cells);
      ck_assert_int_eq(low + f.step, above(grid, axis, low, 1));
      ck_assert_int_eq(seen[low]++, 0);
    }
  }
  for (ptrdiff_t c = 0; c < grid->cells; c++) ck_assert_int_eq(seen[c], above(grid, axis, c, 1) >= 0);
  free(seen);
}

START_TEST(faces_come_once_each)
{
  mf_grid grid;
  for (long number = 0; some_grid(_i, most_cells(_i), number, &grid); number++)
    for (int a = 0; a < MF_AXES; a++) check_faces(&grid, a, across);
}
END_TEST

/* Runs are cut at MF_FACES; strides on either side of it, and lengths that are multiples of it. */
START_TEST(long_runs_of_faces_are_cut)
{
  static const long cells[][MF_AXES] = {{1024, 1, 1}, {1025, 1, 1}, {3000, 1, 1}, {2500, 3, 1},
                                        {3, 2500, 1}, {1024, 2, 2}, {60, 40, 3},  {2, 2, 2000}};
  for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
    for (int periodic = 0; periodic < 2; periodic++) {
      mf_grid grid;
      at("%ld x %ld x %ld, periodic %d", cells[i][0], cells[i][1], cells[i][2], periodic);
      DO(mf_grid_init(&grid, 3, cells[i], (const double[]){0, 0, 0}, (const double[]){1, 1, 1},
                      (const bool[]){periodic, periodic, periodic}));
      for (int a = 0; a < MF_AXES; a++) check_faces(&grid, a, neighbour);
    }
}
END_TEST

/* An array of faces has, seen from any cell, what was put there for the face above it and for that below it, and nothing where
 * there is a wall. */
START_TEST(arrays_of_faces_are_zero_in_walls)
{
  mf_grid grid;
  for (long number = 0; some_grid(_i, most_cells(_i), number, &grid); number++)
    for (int a = 0; a < MF_AXES; a++) {
      double *faces;
      DO(mf_face_field_create(&grid, a, &faces));
      HOLDS((uintptr_t)faces % 64 == 0);
      for (mf_faces f = mf_faces_of(&grid, a); mf_faces_next(&f);)
        for (ptrdiff_t c = f.first; c < f.first + f.count; c++) faces[c] = 1 + (double)c;
      for (ptrdiff_t c = 0; c < grid.cells; c++) {
        const ptrdiff_t below = across(&grid, a, c, -1),
                        face = mf_grid_face_below(&grid, a, layer_of(&grid, a, c));
        HOLDS(faces[c] == (across(&grid, a, c, 1) >= 0 ? 1 + (double)c : 0));
        HOLDS(faces[c + face] == (below >= 0 ? 1 + (double)below : 0));
      }
      mf_field_free(faces);
    }
}
END_TEST

/* The same of the weights of a target: positive on either side of a face, zero at both walls. */
START_TEST(weights_are_zero_at_both_walls)
{
  const mf_grid grid = shape_grid(&shapes[_i]);
  const mf_measure *pi = random_measure(&grid, 1, 2, 5);
  for (int kind = MF_FACE_AUTO; kind <= MF_FACE_ARITHMETIC; kind++) {
    mf_transport *t;
    at("%s, %s", shapes[_i].name, mf_face_weight_names[kind]);
    DO(mf_transport_create(&t, &grid, pi, (mf_face_weight)kind, MF_LIMITER_NONE));
    for (int a = 0; a < grid.dim; a++)
      for (ptrdiff_t c = 0; c < grid.cells; c++) {
        const double *w = mf_transport_weight(t, a) + c;
        const ptrdiff_t below = mf_grid_face_below(&grid, a, layer_of(&grid, a, c));
        HOLDS(across(&grid, a, c, 1) >= 0 ? *w > 0 : *w == 0);
        HOLDS(across(&grid, a, c, -1) >= 0 ? w[below] > 0 : w[below] == 0);
      }
    mf_transport_free(t);
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("neighbour");
  TCase *all = tcase_create("neighbour");
  tcase_add_checked_fixture(all, NULL, release_all);
  tcase_add_loop_test(all, distances_are_those_of_coordinates, 1, MF_AXES + 1);
  tcase_add_loop_test(all, slabs_have_their_neighbours_in_ghosts, 1, MF_AXES + 1);
  tcase_add_loop_test(all, runs_of_cells_have_one_distance, 1, MF_AXES + 1);
  tcase_add_loop_test(all, pairs_are_cells_of_a_grid, 1, MF_AXES + 1);
  tcase_add_loop_test(all, faces_come_once_each, 1, MF_AXES + 1);
  tcase_add_test(all, long_runs_of_faces_are_cut);
  tcase_add_loop_test(all, arrays_of_faces_are_zero_in_walls, 1, MF_AXES + 1);
  tcase_add_loop_test(all, weights_are_zero_at_both_walls, 0, SHAPES);
  suite_add_tcase(suite, all);
  return mf_run_suite(suite);
}
