/* SPDX-License-Identifier: BSD-3-Clause */
/** @file mflow.h  Everything a program needs to build and run a gradient flow with libmflow. */
#ifndef MF_SOLVER_MFLOW_H
#define MF_SOLVER_MFLOW_H

#include "grids/base.h"
#include "grids/field.h"
#include "grids/grid.h"
#include "grids/measure.h"
#include "grids/param.h"
#include "io/language/case.h"
#include "io/netcdf/fields.h"
#include "io/netcdf/history.h"
#include "operators/energy.h"
#include "operators/geometry.h"
#include "operators/registry.h"
#include "solver/flow/flow.h"
#include "solver/problem/job.h"
#include "solver/problem/problem.h"
#include "solver/run/record.h"
#include "solver/run/run.h"
#include "solver/time/cvode.h"
#include "solver/time/march.h"
#include "solver/version.h"

#endif
