/* SPDX-License-Identifier: BSD-3-Clause */
/* mflow list: every energy, geometry, kernel, claim and key, from the registry and its tables. */
#include "solver/program/command.h"

#include "io/terminal.h"
#include "operators/plugins.h"
#include "solver/problem/sections.h"
#include "solver/version.h"

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
  printf("  an entry of claims\n");
  print_table(mf_claim_table());
}

/* ---- for programs ---- */

static void json_text(const char *before, const char *text)
{
  fputs(before, stdout);
  mf_print_json_text(text ? text : "");
}

static void json_words(const char *before, const char *const *words)
{
  printf("%s[", before);
  for (int i = 0; words[i]; i++) json_text(i ? ", " : "", words[i]);
  putchar(']');
}

static void json_default(const mf_param *row)
{
  static const char before[] = ", \"default\": ";
  if (row->kind == MF_FLAG && !row->required)
    printf("%s%s", before, row->fallback != 0 ? "true" : "false");
  else if (row->kind == MF_CHOICE && !row->required && row->fallback >= 0)
    json_text(before, row->choices[(int)row->fallback]);
  else if ((row->kind == MF_REAL || row->kind == MF_COUNT) && !row->required)
    mf_print_json_number(before, row->fallback);
  else
    printf("%snull", before);
}

/* A bound that is no bound is null. */
static void json_range(const mf_param *row)
{
  const bool bounded = has_range(row);
  mf_print_json_number(", \"min\": ", bounded && row->min > -1e300 ? row->min : NAN);
  mf_print_json_number(", \"max\": ", bounded && row->max < 1e300 ? row->max : NAN);
}

static void json_table(const char *before, const mf_param_table *table)
{
  printf("%s[", before);
  for (int i = 0; i < table->count; i++) {
    const mf_param *row = &table->rows[i];
    printf("%s\n    {", i ? "," : "");
    json_text("\"key\": ", row->key);
    json_text(", \"type\": ", mf_param_kind_name(row->kind));
    printf(", \"required\": %s", row->required ? "true" : "false");
    json_default(row);
    json_range(row);
    if (row->kind == MF_CHOICE) json_words(", \"choices\": ", row->choices);
    json_text(", \"doc\": ", row->doc);
    putchar('}');
  }
  putchar(']');
}

static void json_entry(bool first, const char *name, const char *summary, const char *reference)
{
  json_text(first ? "\n  {\"name\": " : ",\n  {\"name\": ", name);
  json_text(", \"summary\": ", summary);
  json_text(", \"reference\": ", reference);
}

static void json_kernels(void)
{
  for (const mf_kernel_type *const *t = mf_kernel_types; *t; t++) {
    const bool shaped = (*t)->shape_min != 0 || (*t)->shape_max != 0;
    json_entry(t == mf_kernel_types, (*t)->name, (*t)->summary, (*t)->reference);
    printf(", \"bandwidth\": %s, \"conditional\": %s", (*t)->scaled ? "true" : "false",
           (*t)->conditional ? "true" : "false");
    mf_print_json_number(", \"shape\": ", shaped ? (*t)->shape : NAN);
    mf_print_json_number(", \"shape_min\": ", shaped ? (*t)->shape_min : NAN);
    mf_print_json_number(", \"shape_max\": ", shaped ? (*t)->shape_max : NAN);
    putchar('}');
  }
}

static void print_json(void)
{
  json_text("{\"version\": ", mf_version());
  printf(",\n\"energies\": [");
  for (const mf_energy_type *const *t = mf_energy_types; *t; t++) {
    json_entry(t == mf_energy_types, (*t)->name, (*t)->summary, (*t)->reference);
    printf(", \"needs_target\": %s", (*t)->traits & MF_ENERGY_TARGET ? "true" : "false");
    json_table(", \"parameters\": ", &(*t)->params);
    putchar('}');
  }
  printf("],\n\"geometries\": [");
  for (const mf_geometry_type *const *t = mf_geometry_types; *t; t++) {
    json_entry(t == mf_geometry_types, (*t)->name, (*t)->summary, (*t)->reference);
    printf(", \"conserves_mass\": %s", (*t)->traits & MF_GEOMETRY_MASS ? "true" : "false");
    json_table(", \"parameters\": ", &(*t)->params);
    putchar('}');
  }
  printf("],\n\"kernels\": [");
  json_kernels();
  json_words("],\n\"coordinates\": ", mf_coordinate_names);
  json_words(",\n\"claim_kinds\": ", mf_claim_kinds());
  json_table(",\n\"claim\": ", mf_claim_table());
  printf(",\n\"sections\": [");
  for (const mf_section_info *s = mf_problem_sections(); s->name; s++) {
    json_text(s == mf_problem_sections() ? "\n  {\"name\": " : ",\n  {\"name\": ", s->name);
    json_table(", \"parameters\": ", s->table);
    putchar('}');
  }
  printf("]}\n");
}

static int run(const mf_options *o)
{
  if (o->case_count > 0)
    return mf_exit_code(mf_fail(
        MF_ECASE, "mflow list takes no arguments, such as '%s'\nTry 'mflow list --help'.", o->cases[0]));
  if (o->json) {
    print_json();
    return EXIT_HOLDS;
  }
  print_energies();
  print_geometries();
  print_kernels();
  print_sections();
  return EXIT_HOLDS;
}

const mf_command mf_command_list = {
    .name = "list",
    .summary = "every energy, geometry, kernel and key of a case",
    .usage = "Usage: mflow list [OPTION]...\n"
             "Print every energy, geometry and kernel with its parameters and reference, and every key of a "
             "case.\n\n"
             "      --json            print one JSON object, with types, defaults and ranges\n"
             "  -h, --help            this text\n",
    .accepts = "J",
    .run = run,
};
