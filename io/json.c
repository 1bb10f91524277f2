/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON for programs that read what mflow prints, by jansson. */
#include "io/json.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

enum { DEPTH = 16, KEY = 128 };

struct mf_json {
  json_t *open[DEPTH]; /* the document, and what is open inside it; only the first is owned */
  int depth;           /* index of the innermost */
  int status;
};

/* Every value goes through here.  The container takes `value` over, which is NULL if it could not be made. */
static void put(mf_json *j, const char *key, json_t *value)
{
  json_t *in = j->open[j->depth];
  const int failed =
      json_is_object(in) ? json_object_set_new(in, key ? key : "", value) : json_array_append_new(in, value);
  if (failed && !j->status) j->status = mf_fail(MF_EMEMORY, "no memory for JSON");
}

int mf_json_create(mf_json **out)
{
  MF_TRY(mf_objects_create(out, 1, sizeof **out));
  (*out)->open[0] = json_object();
  if ((*out)->open[0]) return MF_OK;
  mf_release(*out);
  *out = NULL;
  return mf_fail(MF_EMEMORY, "no memory for JSON");
}

void mf_json_free(mf_json *j)
{
  if (j) json_decref(j->open[0]);
  mf_release(j);
}

int mf_json_print(mf_json *j, FILE *stream)
{
  int status = j->status;
  if (!status &&
      (json_dumpf(j->open[0], stream, JSON_INDENT(2) | JSON_REAL_PRECISION(17)) || putc('\n', stream) == EOF))
    status = mf_fail(MF_EFILE, "JSON cannot be written");
  mf_json_free(j);
  return status;
}

/* ---- objects and lists ---- */

static void begin(mf_json *j, const char *key, json_t *inside)
{
  put(j, key, inside);
  if (j->depth + 1 < DEPTH && inside && !j->status)
    j->open[++j->depth] = inside;
  else if (!j->status)
    j->status = mf_fail(MF_EMEMORY, "JSON is nested more than %d deep", DEPTH);
}

void mf_json_object(mf_json *j, const char *key)
{
  begin(j, key, json_object());
}

void mf_json_list(mf_json *j, const char *key)
{
  begin(j, key, json_array());
}

void mf_json_end(mf_json *j)
{
  if (j->depth > 0) j->depth--;
}

/* ---- values ---- */

/* Bytes of the character that a text begins with; 0 if it is not UTF-8. */
static size_t character(const char *text, size_t length)
{
  for (size_t n = 1; n <= 4 && n <= length; n++) {
    json_t *valid = json_stringn(text, n);
    json_decref(valid);
    if (valid) return n;
  }
  return 0;
}

/* The text with U+FFFD in place of every byte that belongs to no character. */
static json_t *mended(const char *text)
{
  static const char replacement[] = "\xEF\xBF\xBD";
  size_t length = strlen(text), used = 0;
  char *copy;
  if (mf_objects_create(&copy, (ptrdiff_t)(3 * length + 1), 1)) return NULL;
  while (length) {
    const size_t n = character(text, length), bytes = n ? n : 3, step = n ? n : 1;
    memcpy(copy + used, n ? text : replacement, bytes);
    used += bytes;
    text += step;
    length -= step;
  }
  json_t *value = json_stringn(copy, used);
  mf_release(copy);
  return value;
}

void mf_json_text(mf_json *j, const char *key, const char *text)
{
  json_t *value = text ? json_string(text) : json_null();
  put(j, key, value ? value : mended(text));
}

void mf_json_count(mf_json *j, const char *key, ptrdiff_t value)
{
  put(j, key, json_integer(value));
}

void mf_json_flag(mf_json *j, const char *key, bool value)
{
  put(j, key, json_boolean(value));
}

void mf_json_number_or(mf_json *j, const char *key, double value, const char *reason)
{
  put(j, key, isfinite(value) ? json_real(value) : json_null());
  if (isfinite(value) || !key) return;
  char name[KEY];
  snprintf(name, sizeof name, "%s_reason", key);
  const char *why = isnan(value) ? reason : value > 0 ? "infinite" : "minus infinity";
  if (why) mf_json_text(j, name, why);
}

void mf_json_number(mf_json *j, const char *key, double value)
{
  mf_json_number_or(j, key, value, NULL);
}

void mf_json_numbers(mf_json *j, const char *key, const double *value, int count)
{
  mf_json_list(j, key);
  for (int i = 0; i < count; i++) mf_json_number(j, NULL, value[i]);
  mf_json_end(j);
}

void mf_json_units(mf_json *j, const mf_json_unit *units)
{
  mf_json_object(j, "units");
  for (; units->key; units++) mf_json_text(j, units->key, units->unit);
  mf_json_end(j);
}

/* ---- documents of other processes ---- */

int mf_json_read(mf_json **out, FILE *stream)
{
  json_error_t error;
  *out = NULL;
  json_t *root = json_loadf(stream, JSON_REJECT_DUPLICATES, &error);
  if (!json_is_object(root)) {
    json_decref(root);
    return mf_fail(MF_EFILE, "this is no JSON object: %s", root ? "it is another value" : error.text);
  }
  const int status = mf_objects_create(out, 1, sizeof **out);
  if (status)
    json_decref(root);
  else
    (*out)->open[0] = root;
  return status;
}

void mf_json_append(mf_json *j, const mf_json *from, const char *key)
{
  json_t *part = json_object_get(from->open[0], key);
  size_t index;
  json_t *entry;
  if (!json_is_array(part)) {
    put(j, NULL, json_incref(part));
    return;
  }
  json_array_foreach(part, index, entry) put(j, NULL, json_incref(entry));
}

const char *mf_json_library(void)
{
  return jansson_version_str();
}
