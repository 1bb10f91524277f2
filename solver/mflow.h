/** @file mflow.h  Everything a program needs to build and run a gradient flow with libmflow. */
#ifndef MF_SOLVER_MFLOW_H
#define MF_SOLVER_MFLOW_H

#include "grids/base.h"
#include "grids/field.h"
#include "grids/grid.h"
#include "grids/measure.h"
#include "grids/param.h"
#include "io/case.h"
#include "io/fields.h"
#include "io/history.h"
#include "operators/energy.h"
#include "operators/geometry.h"
#include "operators/registry.h"
#include "solver/flow.h"
#include "solver/integrate.h"
#include "solver/job.h"
#include "solver/march.h"
#include "solver/problem.h"
#include "solver/record.h"
#include "solver/run.h"
#include "solver/version.h"

#endif
