/* SPDX-License-Identifier: BSD-3-Clause */
/* What this program is and what it was built with. */
#include "solver/version.h"

#include "io/data/image.h"
#include "io/json.h"
#include "io/language/case.h"
#include "io/language/expression.h"
#include "io/netcdf/fields.h"
#include "operators/kernels/convolution.h"
#include "solver/time/cvode.h"

#include <stddef.h>

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

static const struct {
  const char *name;
  const char *(*version)(void);
} libraries[] = {{"sundials", mf_cvode_library},      {"fftw", mf_convolution_library},
                 {"netcdf", mf_fields_library},       {"libfyaml", mf_case_library},
                 {"muparser", mf_expression_library}, {"jansson", mf_json_library},
                 {"libpng", mf_image_library}};

/* A library that an optional part was built without has no version; it is the last. */
const char *mf_library_version(int index)
{
  const int count = sizeof libraries / sizeof *libraries;
  return index >= 0 && index < count ? libraries[index].version() : NULL;
}

const char *mf_library_name(int index)
{
  return mf_library_version(index) ? libraries[index].name : NULL;
}
