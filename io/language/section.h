/* SPDX-License-Identifier: BSD-3-Clause */
/** @file section.h  Reads a mapping of the case file into a struct of options, by its parameter table. */
#ifndef MF_IO_LANGUAGE_SECTION_H
#define MF_IO_LANGUAGE_SECTION_H

#include "grids/param.h"
#include "io/language/case.h"
#include "io/language/expression.h"

/** Fills `options` (table->size bytes) from a mapping; NULL or an empty mapping gives the fallbacks.
 *  `what` names the section in messages ("kernel gaussian", "grid").  Located MF_ECASE for: an unknown key
 *  (with the nearest one, or the list of keys), a missing required key, a wrong type, a value outside its
 *  range or not finite, a word that is no choice, a list too long or with rows of different length.  `inf`
 *  is a number where the range has no end.  A scalar in place of the mapping is read as the value of the
 *  table's first key (`wasserstein: alpha`). Texts and nodes in the options belong to the case. */
int mf_section_read(const mf_node *mapping, const char *what, const mf_param_table *table, mf_scope *scope,
                    void *options);

/** Refuses unknown keys, as above, without reading values: for sections whose keys are names (plug-ins,
 *  parameters).  `names` are the allowed keys.  NULL or an empty mapping is fine. */
int mf_section_check_keys(const mf_node *mapping, const char *what, const char *const *names, int count);

#endif
