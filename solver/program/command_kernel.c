/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel that --kernel, --bandwidth and --shape say. */
#include "solver/program/command_kernel.h"

#include "grids/field.h"
#include "io/language/section.h"
#include "solver/observe/diagnose.h"

typedef struct {
  mf_kernel_options kernel;
} request;
static const mf_param rows[] = {MF_KERNEL_PARAMS(request, kernel, false)};
static const mf_param_table table = MF_PARAM_TABLE(rows, request);

/* The options as a section of a case, so that they are written, checked and complained about like one. */
static int read_options(const mf_options *o, mf_case **source, request *out)
{
  char text[8192] = "{}";
  size_t used = 0;
  const char *const key[] = {"kernel", "bandwidth", "shape"}, *const value[] = {o->kernel, o->bandwidth,
                                                                                o->shape};
  for (int i = 0; i < 3; i++)
    if (value[i] && used < sizeof text)
      used += (size_t)snprintf(text + used, sizeof text - used, "%s: %s\n", key[i], value[i]);
  mf_scope *scope;
  MF_TRY(mf_case_parse(source, "--kernel, --bandwidth, --shape", text));
  MF_TRY(mf_scope_create(&scope));
  const int status = mf_section_read(mf_case_root(*source), "the kernel", &table, scope, out);
  mf_scope_free(scope);
  return status;
}

int mf_kernel_of_options(const mf_options *o, const mf_grid *grid, const double *density, mf_kernel *out)
{
  request asked;
  mf_case *source = NULL;
  int status = read_options(o, &source, &asked);
  if (!status) {
    double mean[MF_AXES], covariance[MF_AXES * MF_AXES];
    mf_field_moments(grid, density, mean, covariance);
    const mf_kernel wide = mf_kernel_as_wide(grid, covariance);
    if (asked.kernel.name < 0) asked.kernel.name = 0;
    if (!asked.kernel.bandwidth.count && mf_kernel_types[asked.kernel.name]->scaled)
      asked.kernel.bandwidth = (mf_reals){.count = 1, .value = {wide.bandwidth[0]}};
    status = mf_kernel_init(out, &asked.kernel);
  }
  mf_case_free(source);
  return status;
}

void mf_kernel_in_full(const mf_kernel *k, char *text, size_t size)
{
  size_t used = (size_t)snprintf(text, size, "%s", k->type->name);
  for (int i = 0; k->type->scaled && i < k->scales && used < size; i++)
    used += (size_t)snprintf(text + used, size - used, "%s%.15g", i ? ", " : ", bandwidth ", k->bandwidth[i]);
  if (k->type->shape_max > 0 && used < size) snprintf(text + used, size - used, ", shape %.15g", k->shape);
}
