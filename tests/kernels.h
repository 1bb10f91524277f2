/* SPDX-License-Identifier: BSD-3-Clause */
/** @file kernels.h  Kernels by name or number, with a bandwidth where they have one. */
#ifndef MF_TESTS_KERNELS_H
#define MF_TESTS_KERNELS_H

#include "operators/kernels/kernel.h"
#include "tests/flows.h"

static inline int kernel_count(void)
{
  int count = 0;
  while (mf_kernel_types[count]) count++;
  return count;
}

/** The number of a kernel that is there. */
static inline int kernel_named(const char *name)
{
  int number = 0;
  while (strcmp(mf_kernel_names[number], name)) number++;
  return number;
}

/** Options of kernel number `name` with `scales` bandwidths where it has them, and weights or NULL. */
static inline mf_kernel_options kernel_options(int name, int scales, const double *bandwidth,
                                               const double *weights)
{
  mf_kernel_options o = {.name = name, .shape = NAN};
  if (mf_kernel_types[name]->scaled)
    for (int i = 0; i < scales; i++) o.bandwidth.value[o.bandwidth.count++] = bandwidth[i];
  for (int i = 0; weights && i < o.bandwidth.count; i++) o.weights.value[o.weights.count++] = weights[i];
  return o;
}

static inline mf_kernel kernel_of(int name, double bandwidth)
{
  const mf_kernel_options o = kernel_options(name, 1, &bandwidth, NULL);
  mf_kernel kernel;
  DO(mf_kernel_init(&kernel, &o));
  return kernel;
}

#endif
