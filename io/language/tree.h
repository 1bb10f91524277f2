/* SPDX-License-Identifier: BSD-3-Clause */
/** @file tree.h  How the tree of a case is built: for the files of io/ that change it, and no others.
 *
 *  Nodes, texts and sources lie in one pool that is freed as a whole, so nothing in a tree has an owner of
 *  its own and parts may be moved or dropped freely. */
#ifndef MF_IO_LANGUAGE_TREE_H
#define MF_IO_LANGUAGE_TREE_H

#include "io/language/case.h"

typedef struct mf_tree_block mf_tree_block;

struct mf_case {
  mf_tree_block *pool;
  mf_node *root;
  int node_count;
  const char **variants; /**< names, as they were before `variants` was taken out of the tree */
  int variant_count;
  const char *variant; /**< the one that was chosen, or NULL */
};

/** Takes `size` zeroed bytes from the pool, aligned for any type. */
int mf_tree_take(mf_case *c, void *out, size_t size);

/** Copies `length` bytes of a text into the pool and ends them with 0. */
int mf_tree_text(mf_case *c, const char **out, const char *text, size_t length);

/** A source with the name PREFIX followed by NAME and a copy of the text. */
int mf_tree_source(mf_case *c, mf_source **out, const char *prefix, const char *name, const char *text);

/** A node without place, key or children.  MF_ECASE if the tree grows beyond all reason. */
int mf_tree_node(mf_case *c, mf_node **out, mf_node_kind kind, const mf_source *source);

/** A copy of a node and all below it. */
int mf_tree_copy(mf_case *c, mf_node **out, const mf_node *from);

/** Appends a child; the caller has set its key and has looked whether the key is there already. */
int mf_tree_add(mf_case *c, mf_node *parent, mf_node *child);

void mf_tree_remove(mf_node *parent, int index);

/** Index of the child with a key of `length` bytes, or -1. */
int mf_tree_find(const mf_node *mapping, const char *key, size_t length);

/** Byte of the first character that is not printable UTF-8 (line ends and tabs are), or `length`. */
size_t mf_tree_printable(const char *text, size_t length);

/** The source from a place on; from the end of the line if it is shorter. */
const char *mf_tree_at(const mf_source *source, int line, int column);

/** Parses the YAML that begins at byte `begin` of a source; an empty text gives an empty scalar. */
int mf_tree_parse(mf_case *c, mf_node **out, const mf_source *source, size_t begin);

/** Notes the names of the variants that the tree has now. */
int mf_tree_note_variants(mf_case *c);

#endif
