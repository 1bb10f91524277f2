/* SPDX-License-Identifier: BSD-3-Clause */
/** @file gap_product.h  Eigenvalues of a chain on a grid, enclosed by comparison with a product of chains on lines. */
#ifndef MF_SOLVER_OBSERVE_GAP_PRODUCT_H
#define MF_SOLVER_OBSERVE_GAP_PRODUCT_H

#include "solver/observe/gap_network.h"

typedef struct {
  int count; /**< eigenvalues that are enclosed; 0: the chain is too far from a product */
  mf_enclosure bound[MF_NETWORK_MODES + 8]; /**< of lambda_1, lambda_2, ...: proved */
  long double distance; /**< lower = (those of the product) * e^-distance, upper likewise or more narrow */
} mf_product;

/** Compares.  Where the distance is at most `close`, function[k], k < modes, if given, becomes the product's eigenfunction. */
int mf_product_compare(const mf_network *network, int modes, long double close, mf_product *out,
                       double *const *function);

#endif
