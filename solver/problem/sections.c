/* SPDX-License-Identifier: BSD-3-Clause */
/* The sections of a case: their parameter tables. */
#include "solver/problem/sections.h"

#include "solver/problem/measures.h"
#include "solver/problem/samples.h"
#include "solver/time/march.h"

#include <float.h>
#include <math.h>

#define SECTION(name, text)                                                                                  \
  {                                                                                                          \
    .key = #name, .kind = MF_NODE, .offset = offsetof(mf_case_options, name), .doc = text                    \
  }
#define NEEDED(name, text)                                                                                   \
  {                                                                                                          \
    .key = #name, .kind = MF_NODE, .offset = offsetof(mf_case_options, name), .required = true, .doc = text  \
  }
#define WORDS(name, text)                                                                                    \
  {                                                                                                          \
    .key = #name, .kind = MF_TEXT, .offset = offsetof(mf_case_options, name), .doc = text                    \
  }

static const mf_param case_params[] = {
    WORDS(title, "what the case shows"),
    WORDS(reference, "where the theory is"),
    SECTION(parameters, "names with numbers or formulas"),
    SECTION(formulas, "names with formulas in x, y, z, t, for claims"),
    SECTION(odes, "reference dynamics: names with {start, rate}, for claims"),
    NEEDED(grid, "{cells, box, boundary}"),
    SECTION(target, "the measure that the energy compares with"),
    NEEDED(initial, "the measure to start from"),
    NEEDED(energy, "what decreases: a name, {name: options}, or a list of them"),
    NEEDED(geometry, "how the measure moves: {name: coefficient} or {name: options}"),
    WORDS(gap, "a name for the flow's spectral gap on the grid, for claims"),
    WORDS(coordinate, "auto, density, deviation, log or power"),
    NEEDED(time, "{end, output, rtol, ...}"),
    SECTION(output, "{fields, variables, precision, deflate}"),
    SECTION(diagnostics,
            "{kernel, bandwidth, ..., divergence, distances}: what the history measures besides"),
    SECTION(particles, "{method, count, step, ...}: the flow by particles, for `mflow particles`"),
    SECTION(claims, "list of statements that `mflow verify` judges"),
};
const mf_param_table mf_case_table = MF_PARAM_TABLE(case_params, mf_case_options);

static const mf_param grid_params[] = {
    {.key = "cells",
     .kind = MF_REALS,
     .offset = offsetof(mf_grid_options, cells),
     .required = true,
     .fallback = NAN,
     .min = 1,
     .max = 1e9,
     .doc = "cells per axis, [nx, ny, nz]"},
    {.key = "box",
     .kind = MF_REALS,
     .offset = offsetof(mf_grid_options, box),
     .required = true,
     .fallback = NAN,
     .doc = "[[lo, hi], ...], one pair per axis [L]"},
    {.key = "boundary",
     .kind = MF_NODE,
     .offset = offsetof(mf_grid_options, boundary),
     .doc = "wall (no flux) or periodic, for all axes or a list"},
};
const mf_param_table mf_grid_table = MF_PARAM_TABLE(grid_params, mf_grid_options);

static const mf_param time_params[] = {
    {.key = "start",
     .kind = MF_REAL,
     .offset = offsetof(mf_time_options, start),
     .min = 0,
     .max = DBL_MAX,
     .doc = "flow time of the initial measure [T]"},
    {.key = "end",
     .kind = MF_REAL,
     .offset = offsetof(mf_time_options, end),
     .required = true,
     .min = DBL_MIN,
     .max = DBL_MAX,
     .doc = "flow time to reach [T]"},
    {.key = "output",
     .kind = MF_NODE,
     .offset = offsetof(mf_time_options, output),
     .doc = "time between rows of the history, a list of times, or {decay, times} (default a hundredth of "
            "the run)"},
    {.key = "rtol",
     .kind = MF_REAL,
     .offset = offsetof(mf_time_options, rtol),
     .fallback = 1e-6,
     .min = 1e-13,
     .max = 1e-1,
     .doc = "local error per step, relative to the norm of the coordinate"},
    {.key = "integrator",
     .kind = MF_CHOICE,
     .offset = offsetof(mf_time_options, integrator),
     .choices = mf_integrator_names,
     .doc = "auto: chebyshev where it is exact and cheap, else CVODE's bdf if the flow is stiff or adams"},
    {.key = "rescale",
     .kind = MF_FLAG,
     .offset = offsetof(mf_time_options, rescale),
     .fallback = 1,
     .doc = "CVODE integrates e^{s t} times the unknown, s the slowest rate of the flow where that is known"},
    {.key = "max_order",
     .kind = MF_COUNT,
     .offset = offsetof(mf_time_options, max_order),
     .min = 0,
     .max = 12,
     .doc = "highest order of the formula (0: CVODE's own)"},
    {.key = "max_steps",
     .kind = MF_COUNT,
     .offset = offsetof(mf_time_options, max_steps),
     .fallback = 1000000,
     .min = 1,
     .max = 1e15,
     .doc = "steps after which a run gives up"},
    {.key = "max_step",
     .kind = MF_REAL,
     .offset = offsetof(mf_time_options, max_step),
     .min = 0,
     .max = DBL_MAX,
     .doc = "longest step (0: no limit) [T]"},
    {.key = "checkpoint",
     .kind = MF_COUNT,
     .offset = offsetof(mf_time_options, checkpoint),
     .fallback = 2000,
     .min = 0,
     .max = 1e15,
     .doc = "steps from one checkpoint to the next; there CVODE begins anew, which costs it 20 to 40 steps "
            "(0: at the ends only)"},
};
const mf_param_table mf_time_table = MF_PARAM_TABLE(time_params, mf_time_options);

static const mf_param decay_params[] = {
    {.key = "decay",
     .kind = MF_REAL,
     .offset = offsetof(mf_decay_options, factor),
     .required = true,
     .min = 1.01,
     .max = DBL_MAX,
     .doc = "an output whenever F has fallen by this factor again"},
    {.key = "times",
     .kind = MF_NODE,
     .offset = offsetof(mf_decay_options, times),
     .doc = "besides: time between outputs, or a list of times (default: start and end)"},
};
const mf_param_table mf_decay_table = MF_PARAM_TABLE(decay_params, mf_decay_options);

static const char *const precision_names[] = {"double", "float", NULL};

static const mf_param output_params[] = {
    {.key = "fields",
     .kind = MF_NODE,
     .offset = offsetof(mf_output_options, fields),
     .doc = "time between records of fields, a list of times, or {decay, times} (default a twentieth of the "
            "run)"},
    {.key = "variables",
     .kind = MF_NODE,
     .offset = offsetof(mf_output_options, variables),
     .doc =
         "list of density, first_variation, target, deviation, ratio, log_ratio (default: the first three)"},
    {.key = "precision",
     .kind = MF_CHOICE,
     .offset = offsetof(mf_output_options, precision),
     .choices = precision_names,
     .doc = "numbers of the fields"},
    {.key = "deflate",
     .kind = MF_COUNT,
     .offset = offsetof(mf_output_options, deflate),
     .min = 0,
     .max = 9,
     .doc = "compression of the fields (0: none)"},
};
const mf_param_table mf_output_table = MF_PARAM_TABLE(output_params, mf_output_options);

static const mf_param diagnostics_params[] = {
    MF_KERNEL_PARAMS(mf_diagnostics_options, kernel, false),
    {.key = "divergence",
     .kind = MF_REAL,
     .offset = offsetof(mf_diagnostics_options, divergence),
     .fallback = NAN,
     .doc = "exponent p of a further column, `divergence` = int phi_p(dmu/dpi) dpi"},
    {.key = "distances",
     .kind = MF_NODE,
     .offset = offsetof(mf_diagnostics_options, distances),
     .doc = "list of further columns, the distances w2, he, she, hk, shk to the target"},
    {.key = "alpha",
     .kind = MF_REAL,
     .offset = offsetof(mf_diagnostics_options, alpha),
     .fallback = 1,
     .min = DBL_MIN,
     .max = DBL_MAX,
     .doc = "mobility of transport in those distances"},
    {.key = "beta",
     .kind = MF_REAL,
     .offset = offsetof(mf_diagnostics_options, beta),
     .fallback = 1,
     .min = DBL_MIN,
     .max = DBL_MAX,
     .doc = "rate of reaction in those distances"},
};
const mf_param_table mf_diagnostics_table = MF_PARAM_TABLE(diagnostics_params, mf_diagnostics_options);

const mf_section_info *mf_problem_sections(void)
{
  static const mf_section_info sections[] = {
      {"the case", &mf_case_table},
      {"grid", &mf_grid_table},
      {"target, initial", &mf_measure_table},
      {"gaussian, an entry of mixture", &mf_gaussian_table},
      {"posterior", &mf_posterior_table},
      {"file", &mf_file_table},
      {"samples", &mf_samples_table},
      {"image", &mf_image_table},
      {"time", &mf_time_table},
      {"output", &mf_output_table},
      {"outputs by decay", &mf_decay_table},
      {"diagnostics", &mf_diagnostics_table},
      {NULL, NULL},
  };
  return sections;
}
