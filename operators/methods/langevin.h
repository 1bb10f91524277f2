/* SPDX-License-Identifier: BSD-3-Clause */
/** @file langevin.h  Langevin dynamics as a part of other methods. */
#ifndef MF_OPERATORS_METHODS_LANGEVIN_H
#define MF_OPERATORS_METHODS_LANGEVIN_H

#include "operators/method.h"

extern const mf_method_type mf_method_langevin;

#endif
