/* SPDX-License-Identifier: BSD-3-Clause */
/** @file case.h  A case file as a tree of located nodes.
 *
 *  YAML is parsed by libfyaml (case.c is the only file that knows it) into mappings, sequences and scalars.
 *  Each node remembers where it stands, so that any later check can say `file:line:column`, show the line
 *  and put a caret under the culprit.  Overrides (`--set key=value`) and variants replace parts of the
 *  tree. */
#ifndef MF_IO_LANGUAGE_CASE_H
#define MF_IO_LANGUAGE_CASE_H

#include "grids/base.h"

typedef enum { MF_SCALAR, MF_SEQUENCE, MF_MAPPING } mf_node_kind;

/** Where a text came from: a file, or a `--set` argument. */
typedef struct {
  char *name; /**< as shown in messages: path as given, or "--set time.end=5" */
  char *text; /**< its whole content */
} mf_source;

typedef struct mf_node {
  mf_node_kind kind;
  const mf_source *source;
  int line, column;             /**< of the value, from 1 */
  const char *key;              /**< key under which a mapping holds it; NULL in a sequence and at the root */
  int key_line, key_column;     /**< of that key */
  const char *text;             /**< of a scalar: its value after YAML's unquoting; else NULL */
  bool quoted;                  /**< a scalar in quotes is a text or a formula, never true, false or null */
  struct mf_node *const *child; /**< of mapping and sequence */
  int count;                    /**< of children */
} mf_node;

typedef struct mf_case mf_case;

/** Parses a file.  MF_EFILE if it cannot be read, MF_ECASE with file:line:column, the line and a caret if
 *  it is not YAML in UTF-8, has duplicate keys or tags, or its root is no mapping.  An alias (`*name`)
 *  becomes a copy of what it stands for, which keeps the place where that was written. */
int mf_case_read(mf_case **out, const char *path);

/** The same from a text; `name` stands for the path in messages. */
int mf_case_parse(mf_case **out, const char *name, const char *text);

/** Frees the tree, its sources and texts; NULL is fine. */
void mf_case_free(mf_case *c);

/** Version of the YAML library. */
const char *mf_case_library(void);

/** The root mapping. */
const mf_node *mf_case_root(const mf_case *c);

/** Sets one value: "time.end=5", "grid.cells=[64, 64]", "claims.0.bound=exp(-t)".  The right-hand side is
 *  YAML. The path leads through mappings (missing ones are created) and indices of existing sequences; its
 *  last key may be new.  A first key that is no key of the root but one of `parameters` means that
 *  parameter.  The new node's source is the argument itself, so later messages point into it.  A misspelt
 *  key is not seen here, but by the reader of its section.  MF_ECASE, located in the argument: no '=', a
 *  path through a single value, an index out of range. */
int mf_case_set(mf_case *c, const char *assignment);

/** Applies the variant `name`: each key of `variants.NAME` is a path as for mf_case_set, whose value
 *  replaces what the tree has there.  Removes `variants` from the tree whether or not a name is given
 *  (NULL: none). MF_ECASE if there is no such variant; the message names the nearest, or all. */
int mf_case_choose_variant(mf_case *c, const char *name);

/** The path that the case was read from, or the name it was parsed under. */
const char *mf_case_file(const mf_case *c);

/** The variant that was chosen, or NULL. */
const char *mf_case_variant(const mf_case *c);

/** Names of the variants in file order, also after one was chosen: `*count` strings owned by the case. */
int mf_case_variants(const mf_case *c, const char *const **names, int *count);

/** The tree as YAML text, as resolved so far (variants applied, overrides in place); release with
 *  mf_release.  It reads back to the same tree, but that a text gets quotes where YAML would read it
 *  otherwise. */
int mf_case_emit(const mf_case *c, char **text);

/** Child of a mapping by key, or NULL. */
const mf_node *mf_node_get(const mf_node *mapping, const char *key);

/** Starts an MF_ECASE error at the value of a node and returns it (columns count characters, from 1):
 *  "cases/x.yaml:7:12: error: MESSAGE\n  energy: {mmd: {kernel: gauss}}\n                         ^". */
int mf_node_error(const mf_node *node, const char *format, ...) MF_PRINTF(2, 3);

/** The same at the node's key. */
int mf_node_key_error(const mf_node *node, const char *format, ...) MF_PRINTF(2, 3);

/** The same at the value, `position` bytes into its text (an error inside a formula). */
int mf_node_error_at(const mf_node *node, int position, const char *format, ...) MF_PRINTF(3, 4);

/** A warning (grids/stage.h) in the same form: "cases/x.yaml:7:12: warning: MESSAGE\n...". */
void mf_node_warn(const mf_node *node, const char *format, ...) MF_PRINTF(2, 3);

/** Nothing given: NULL, or a scalar that is empty, `null` or `~` without quotes (its text is ""). */
bool mf_node_absent(const mf_node *node);

/** What to say after "unknown ... 'word'": "; did you mean 'wall'?", or "; choose from: a, b" where no name
 *  is near.  Writes to `buffer` and returns it. */
const char *mf_suggest(char *buffer, size_t size, const char *word, const char *const *names, int count);

/** Turns the current error, raised below by code that knows no files, into one located at the node, unless
 *  it is located already.  Keeps `status`. */
int mf_node_blame(const mf_node *node, int status);

#endif
