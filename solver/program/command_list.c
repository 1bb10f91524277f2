/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow list: every energy, geometry, particle method, kernel, claim and key, from the registry and its tables. */
#include "solver/program/command.h"

#include "io/terminal.h"
#include "operators/plugins.h"
#include "solver/particles/plan.h"
#include "solver/problem/sections.h"
#include "solver/program/command_json.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { TEXT = 1024, GAP = 2 };

/* ---- for people ---- */

/* Columns that lines may take: those of a terminal; elsewhere a line is as long as it is. */
static int line_width(void)
{
  mf_terminal terminal;
  mf_terminal_init(&terminal, stdout, false);
  return terminal.live ? terminal.width : 0;
}

/* Words from column `indent` on, where the cursor stands. */
static void print_wrapped(const char *text, int indent, int width)
{
  int column = indent;
  while (*text) {
    const int length = (int)strcspn(text, " ");
    const bool first = column == indent;
    if (!first && width > indent + GAP && column + 1 + length >= width) {
      printf("\n%*s", indent, "");
      column = indent;
    } else if (!first) {
      putchar(' ');
      column++;
    }
    printf("%.*s", length, text);
    column += length;
    text += length + (text[length] == ' ');
  }
  putchar('\n');
}

static int widest(int least, const char *name)
{
  const int length = (int)strlen(name);
  return length > least ? length : least;
}

static void add(char text[TEXT], const char *more)
{
  const size_t used = strlen(text);
  snprintf(text + used, TEXT - used, "%s", more);
}

/* What the key is if it is not given. */
static void default_text(const mf_param *row, char text[TEXT])
{
  text[0] = '\0';
  if (row->required)
    add(text, "required");
  else if ((row->kind == MF_REAL || row->kind == MF_COUNT) && !isnan(row->fallback))
    snprintf(text, TEXT, "%g", row->fallback);
  else if (row->kind == MF_FLAG)
    add(text, row->fallback != 0 ? "true" : "false");
  else if (row->kind == MF_CHOICE && row->fallback >= 0)
    add(text, row->choices[(int)row->fallback]);
}

static bool has_range(const mf_param *row)
{
  const bool number = row->kind == MF_REAL || row->kind == MF_COUNT || row->kind == MF_REALS;
  return number && !(row->min == 0 && row->max == 0) && !(row->min == -DBL_MAX && row->max == DBL_MAX);
}

static void range_text(const mf_param *row, char text[TEXT])
{
  const bool open = row->max >= 1e300, positive = row->min > 0 && row->min <= 1e-300;
  text[0] = '\0';
  if (!has_range(row)) return;
  if (positive && open)
    snprintf(text, TEXT, " (> 0)");
  else if (open)
    snprintf(text, TEXT, " (>= %g)", row->min);
  else
    snprintf(text, TEXT, " (%g to %g)", row->min, row->max);
}

static void print_row(const mf_param *row, int key_width, int default_width, int width)
{
  char fallback[TEXT], range[TEXT], text[TEXT] = "";
  default_text(row, fallback);
  range_text(row, range);
  add(text, row->doc ? row->doc : "");
  add(text, range);
  for (int i = 0; row->kind == MF_CHOICE && row->choices[i]; i++) {
    add(text, i ? " " : ": ");
    add(text, row->choices[i]);
  }
  printf("      %-*s  %-*s  ", key_width, row->key, default_width, fallback);
  print_wrapped(text, 6 + key_width + GAP + default_width + GAP, width);
}

static void print_table(const mf_param_table *table)
{
  char text[TEXT];
  int key = 0, fallback = 0;
  for (int i = 0; i < table->count; i++) {
    default_text(&table->rows[i], text);
    key = widest(key, table->rows[i].key);
    fallback = widest(fallback, text);
  }
  for (int i = 0; i < table->count; i++) print_row(&table->rows[i], key, fallback, line_width());
}

static void print_entry(const char *name, int name_width, const char *summary, const char *reference)
{
  char text[TEXT];
  snprintf(text, sizeof text, "%s  [%s]", summary, reference);
  printf("  %-*s  ", name_width, name);
  print_wrapped(text, 2 + name_width + GAP, line_width());
}

static void print_energies(void)
{
  int width = 0;
  for (const mf_energy_type *const *t = mf_energy_types; *t; t++) width = widest(width, (*t)->name);
  printf("Energies F(mu), what decreases:\n");
  for (const mf_energy_type *const *t = mf_energy_types; *t; t++) {
    print_entry((*t)->name, width, (*t)->summary, (*t)->reference);
    print_table(&(*t)->params);
  }
}

static void print_geometries(void)
{
  int width = 0;
  for (const mf_geometry_type *const *t = mf_geometry_types; *t; t++) width = widest(width, (*t)->name);
  printf("\nGeometries K(mu), how a measure moves:\n");
  for (const mf_geometry_type *const *t = mf_geometry_types; *t; t++) {
    print_entry((*t)->name, width, (*t)->summary, (*t)->reference);
    print_table(&(*t)->params);
  }
}

static void print_methods(void)
{
  int width = 0;
  for (const mf_method_type *const *t = mf_method_types; *t; t++) width = widest(width, (*t)->name);
  printf("\nParticle methods, each with the flows it serves:\n");
  for (const mf_method_type *const *t = mf_method_types; *t; t++) {
    print_entry((*t)->name, width, (*t)->summary, (*t)->reference);
    printf("      of ");
    print_wrapped((*t)->flows, 9, line_width());
    print_table(&(*t)->params);
  }
}

static void print_kernels(void)
{
  int width = 0;
  for (const mf_kernel_type *const *t = mf_kernel_types; *t; t++) width = widest(width, (*t)->name);
  printf("\nKernels k(x, y), r = |x - y|, s the bandwidth:\n");
  for (const mf_kernel_type *const *t = mf_kernel_types; *t; t++)
    print_entry((*t)->name, width, (*t)->summary, (*t)->reference);
}

static void print_sections(void)
{
  printf("\nKeys of a case, with their defaults:\n");
  for (const mf_section_info *s = mf_problem_sections(); s->name; s++) {
    printf("  %s\n", s->name);
    print_table(s->table);
  }
  printf("  particles\n");
  print_table(&mf_particles_table);
  printf("  an entry of claims\n");
  print_table(mf_claim_table());
}

/* ---- for programs ---- */

static void put_words(mf_json *j, const char *key, const char *const *words)
{
  mf_json_list(j, key);
  for (; *words; words++) mf_json_text(j, NULL, *words);
  mf_json_end(j);
}

static void put_default(mf_json *j, const mf_param *row)
{
  static const char key[] = "default";
  if (row->kind == MF_FLAG && !row->required)
    mf_json_flag(j, key, row->fallback != 0);
  else if (row->kind == MF_CHOICE && !row->required && row->fallback >= 0)
    mf_json_text(j, key, row->choices[(int)row->fallback]);
  else if (row->kind == MF_COUNT && !row->required && !isnan(row->fallback))
    mf_json_count(j, key, (ptrdiff_t)row->fallback);
  else
    mf_json_number(j, key, row->kind == MF_REAL && !row->required ? row->fallback : NAN);
}

/* A bound that is no bound is null. */
static void put_range(mf_json *j, const mf_param *row)
{
  const bool bounded = has_range(row);
  mf_json_number(j, "min", bounded && row->min > -1e300 ? row->min : NAN);
  mf_json_number(j, "max", bounded && row->max < 1e300 ? row->max : NAN);
}

static void put_table(mf_json *j, const char *key, const mf_param_table *table)
{
  mf_json_list(j, key);
  for (const mf_param *row = table->rows; row < table->rows + table->count; row++) {
    mf_json_object(j, NULL);
    mf_json_text(j, "key", row->key);
    mf_json_text(j, "type", mf_param_kind_name(row->kind));
    mf_json_flag(j, "required", row->required);
    put_default(j, row);
    put_range(j, row);
    if (row->kind == MF_CHOICE) put_words(j, "choices", row->choices);
    mf_json_text(j, "doc", row->doc);
    mf_json_end(j);
  }
  mf_json_end(j);
}

/* The beginning of an entry; the rest and mf_json_end are the caller's. */
static void begin_entry(mf_json *j, const char *name, const char *summary, const char *reference)
{
  mf_json_object(j, NULL);
  mf_json_text(j, "name", name);
  mf_json_text(j, "summary", summary);
  mf_json_text(j, "reference", reference);
}

static void put_energies(mf_json *j)
{
  mf_json_list(j, "energies");
  for (const mf_energy_type *const *t = mf_energy_types; *t; t++) {
    begin_entry(j, (*t)->name, (*t)->summary, (*t)->reference);
    mf_json_flag(j, "needs_target", (*t)->traits & MF_ENERGY_TARGET);
    put_table(j, "parameters", &(*t)->params);
    mf_json_end(j);
  }
  mf_json_end(j);
}

static void put_geometries(mf_json *j)
{
  mf_json_list(j, "geometries");
  for (const mf_geometry_type *const *t = mf_geometry_types; *t; t++) {
    begin_entry(j, (*t)->name, (*t)->summary, (*t)->reference);
    mf_json_flag(j, "conserves_mass", (*t)->traits & MF_GEOMETRY_MASS);
    put_table(j, "parameters", &(*t)->params);
    mf_json_end(j);
  }
  mf_json_end(j);
}

static void put_methods(mf_json *j)
{
  mf_json_list(j, "particle_methods");
  for (const mf_method_type *const *t = mf_method_types; *t; t++) {
    begin_entry(j, (*t)->name, (*t)->summary, (*t)->reference);
    mf_json_text(j, "flows", (*t)->flows);
    mf_json_count(j, "weak_order", (*t)->order);
    mf_json_flag(j, "random", (*t)->traits & MF_METHOD_RANDOM);
    mf_json_flag(j, "weights", (*t)->traits & MF_METHOD_WEIGHTS);
    put_table(j, "parameters", &(*t)->params);
    mf_json_end(j);
  }
  mf_json_end(j);
}

static void put_kernels(mf_json *j)
{
  mf_json_list(j, "kernels");
  for (const mf_kernel_type *const *t = mf_kernel_types; *t; t++) {
    const bool shaped = (*t)->shape_min != 0 || (*t)->shape_max != 0;
    begin_entry(j, (*t)->name, (*t)->summary, (*t)->reference);
    mf_json_flag(j, "bandwidth", (*t)->scaled);
    mf_json_flag(j, "conditional", (*t)->conditional);
    mf_json_number(j, "shape", shaped ? (*t)->shape : NAN);
    mf_json_number(j, "shape_min", shaped ? (*t)->shape_min : NAN);
    mf_json_number(j, "shape_max", shaped ? (*t)->shape_max : NAN);
    mf_json_end(j);
  }
  mf_json_end(j);
}

static void put_sections(mf_json *j)
{
  mf_json_list(j, "sections");
  for (const mf_section_info *s = mf_problem_sections(); s->name; s++) {
    mf_json_object(j, NULL);
    mf_json_text(j, "name", s->name);
    put_table(j, "parameters", s->table);
    mf_json_end(j);
  }
  mf_json_object(j, NULL);
  mf_json_text(j, "name", "particles");
  put_table(j, "parameters", &mf_particles_table);
  mf_json_end(j);
  mf_json_end(j);
}

static int print_json(void)
{
  mf_json *j;
  MF_TRY(mf_json_begin(&j));
  put_energies(j);
  put_geometries(j);
  put_methods(j);
  put_kernels(j);
  put_words(j, "coordinates", mf_coordinate_names);
  put_words(j, "claim_kinds", mf_claim_kinds());
  put_table(j, "claim", mf_claim_table());
  put_sections(j);
  return mf_json_print(j, stdout);
}

static int run(const mf_options *o)
{
  if (o->case_count > 0)
    return mf_exit_code(mf_fail(
        MF_ECASE, "mflow list takes no arguments, such as '%s'\nTry 'mflow list --help'.", o->cases[0]));
  if (o->json) return mf_exit_code(print_json());
  print_energies();
  print_geometries();
  print_methods();
  print_kernels();
  print_sections();
  return EXIT_HOLDS;
}

const mf_command mf_command_list = {
    .name = "list",
    .summary = "every energy, geometry, particle method, kernel and key of a case",
    .usage = "Usage: mflow list [OPTION]...\n"
             "Print every energy, geometry, particle method and kernel with its parameters and reference, "
             "and every key of a "
             "case.\n\n"
             "      --json            print one JSON object, with types, defaults and ranges\n"
             "  -h, --help            this text\n",
    .accepts = "J",
    .run = run,
};
