/* SPDX-License-Identifier: BSD-3-Clause */
/** @file mflow.h (user)  The library for programs: cases solved, their fields and numbers read, energies of one's own.
 *
 *  Handles are opaque and all else are numbers, texts, arrays and functions, so that other languages can call it without
 *  knowing how a struct is laid out.
 *
 *  Threads.  Each thread may have solutions of its own, and several may be made, integrated, written to files and freed at
 *  the same time; their numbers are those of one thread, to the last bit.  One object (a solution, its grid, fields and
 *  texts) is for one thread at a time.  mf_error() is that of the calling thread.  Energies are registered
 *  (mf_own_energy) and the number of threads is set before other threads begin; the functions of an own energy are called
 *  by the thread that integrates its solution, so that one that several solutions have must stand that.  What has to be
 *  alone is: FFTW's planner, netCDF, and the parsing of formulas, by one lock each; work of several loops at once is shared
 *  among threads for one of them, the others run in their own.  A fork waits until nobody is in netCDF; the child has the
 *  thread that forked alone. */
#ifndef MF_SOLVER_MFLOW_H
#define MF_SOLVER_MFLOW_H

#include "grids/axes.h"
#include "grids/base.h"
#include "operators/own_energy.h"
#include "solver/run/solution.h"
#include "solver/version.h"

#endif
