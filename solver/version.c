/* SPDX-License-Identifier: BSD-3-Clause */
/* What this program is and what it was built with. */
#include "solver/version.h"

#include "io/data/image.h"
#include "io/language/case.h"
#include "io/language/expression.h"
#include "io/netcdf/fields.h"
#include "operators/kernels/convolution.h"
#include "solver/time/cvode.h"

#ifndef MF_VERSION
#define MF_VERSION "unknown"
#endif
#ifndef MF_GIT_ID
#define MF_GIT_ID "unknown"
#endif

const char *mf_version(void)
{
  return MF_VERSION;
}

const char *mf_git_id(void)
{
  return MF_GIT_ID;
}

const mf_library *mf_libraries(void)
{
  static _Thread_local mf_library list[7];
  list[0] = (mf_library){"sundials", mf_cvode_library()};
  list[1] = (mf_library){"fftw", mf_convolution_library()};
  list[2] = (mf_library){"netcdf", mf_fields_library()};
  list[3] = (mf_library){"libfyaml", mf_case_library()};
  list[4] = (mf_library){"muparser", mf_expression_library()};
  list[5] = (mf_library){mf_image_library() ? "libpng" : NULL, mf_image_library()};
  list[6] = (mf_library){0};
  return list;
}
