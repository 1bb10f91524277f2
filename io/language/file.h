/* SPDX-License-Identifier: BSD-3-Clause */
/** @file file.h  Opening what is to be read.
 *
 *  Internal to io/. */
#ifndef MF_IO_LANGUAGE_FILE_H
#define MF_IO_LANGUAGE_FILE_H

#include "grids/base.h"

#include <stdio.h>

/** Opens a regular file for reading, in bytes.  A pipe would be waited for, a folder or a device has no end.  MF_EFILE with the
 *  path and why not. */
int mf_file_open(FILE **out, const char *path);

#endif
