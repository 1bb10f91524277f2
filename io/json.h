/* SPDX-License-Identifier: BSD-3-Clause */
/** @file json.h  JSON for programs that read what mflow prints.
 *
 *  A document is filled from its first key to its last, in the order in which it is printed:
 *
 *    mf_json *j;
 *    MF_TRY(mf_json_create(&j));
 *    mf_json_text(j, "case", path);
 *    mf_json_list(j, "rates");
 *      mf_json_object(j, NULL);
 *        mf_json_number(j, "rate", 1.5);
 *      mf_json_end(j);
 *    mf_json_end(j);
 *    return mf_json_print(j, stdout);
 *
 *  Inside a list the key is NULL.  A failure (there is only one, memory) is kept until mf_json_print returns it, so that
 *  no call in between need be checked.  Numbers have 17 digits, by which every double is read back as it was; JSON has
 *  neither infinity nor NAN, so those are null.  Texts that are not UTF-8, such as names of old files, get U+FFFD for
 *  what cannot be read. */
#ifndef MF_IO_JSON_H
#define MF_IO_JSON_H

#include "grids/base.h"

#include <stdio.h>

typedef struct mf_json mf_json;

/** An object without keys; NULL on failure. */
int mf_json_create(mf_json **out);

/** Prints the document, with a line for each value, and frees it.  MF_EMEMORY if it did not come about, MF_EFILE if it
 *  cannot be written. */
int mf_json_print(mf_json *j, FILE *stream);

/** Frees a document that is not to be printed; NULL is fine. */
void mf_json_free(mf_json *j);

/** Begins an object or a list inside the present one. */
void mf_json_object(mf_json *j, const char *key);
void mf_json_list(mf_json *j, const char *key);
void mf_json_end(mf_json *j);

/** A text; NULL gives null. */
void mf_json_text(mf_json *j, const char *key, const char *text);
void mf_json_count(mf_json *j, const char *key, ptrdiff_t value);
void mf_json_flag(mf_json *j, const char *key, bool value);

/** A number.  An infinite one is null, and KEY_reason says which it was; NAN is null. */
void mf_json_number(mf_json *j, const char *key, double value);

/** A number; where it is NAN, KEY_reason says why there is none. */
void mf_json_number_or(mf_json *j, const char *key, double value, const char *reason);

/** A list of numbers; NULL where one is not finite. */
void mf_json_numbers(mf_json *j, const char *key, const double *value, int count);

/** What values are measured in: an object `units` of KEY: UNIT, up to a key of NULL. */
typedef struct {
  const char *key, *unit;
} mf_json_unit;
void mf_json_units(mf_json *j, const mf_json_unit *units);

/** Reads a document that mf_json_print has written.  MF_EFILE if it is none. */
int mf_json_read(mf_json **out, FILE *stream);

/** Appends to the open list of `j` what a document has under a key: the entries of a list, or the value. */
void mf_json_append(mf_json *j, const mf_json *from, const char *key);

/** Version of the JSON library. */
const char *mf_json_library(void);

#endif
