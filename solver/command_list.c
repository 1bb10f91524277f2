/* mflow list: every energy, geometry, kernel, claim and key, from the registry and its tables. */
#include "solver/command.h"

#include "operators/registry.h"
#include "solver/sections.h"

#include <math.h>
#include <string.h>

static void print_row(const mf_param *row)
{
  printf("      %-14s %s", row->key, row->doc ? row->doc : "");
  if (row->required)
    printf(" (required)");
  else if (row->kind == MF_REAL && !isnan(row->fallback))
    printf(" [%g]", row->fallback);
  else if (row->kind == MF_COUNT)
    printf(" [%.0f]", row->fallback);
  if (row->kind == MF_CHOICE) {
    printf(":");
    for (const char *const *choice = row->choices; *choice; choice++)
      printf(" %s%s", *choice,
             choice == row->choices && !row->required && row->fallback >= 0 ? " (default)" : "");
  }
  putchar('\n');
}

static void print_table(const mf_param_table *table)
{
  for (int i = 0; i < table->count; i++) print_row(&table->rows[i]);
}

static void print_energies(void)
{
  printf("Energies F(mu), what decreases:\n");
  for (const mf_energy_type *const *t = mf_energy_types; *t; t++) {
    printf("  %-20s %s  [%s]\n", (*t)->name, (*t)->summary, (*t)->reference);
    print_table(&(*t)->params);
  }
}

static void print_geometries(void)
{
  printf("\nGeometries K(mu), how a measure moves:\n");
  for (const mf_geometry_type *const *t = mf_geometry_types; *t; t++) {
    printf("  %-20s %s  [%s]\n", (*t)->name, (*t)->summary, (*t)->reference);
    print_table(&(*t)->params);
  }
}

static void print_kernels(void)
{
  printf("\nKernels k(x, y), r = |x - y|, s the bandwidth:\n");
  for (const mf_kernel_type *const *t = mf_kernel_types; *t; t++)
    printf("  %-20s %s  [%s]\n", (*t)->name, (*t)->summary, (*t)->reference);
}

static void print_sections(void)
{
  printf("\nKeys of a case:\n");
  for (const mf_section_info *s = mf_problem_sections(); s->name; s++) {
    printf("  %s\n", s->name);
    print_table(s->table);
  }
  printf("  an entry of claims\n");
  print_table(mf_claim_table());
}

static int run(const mf_options *o)
{
  if (o->case_count > 0) return mf_exit_code(mf_fail(MF_ECASE, "mflow list takes no arguments"));
  print_energies();
  print_geometries();
  print_kernels();
  print_sections();
  return EXIT_HOLDS;
}

const mf_command mf_command_list = {
    .name = "list",
    .summary = "every energy, geometry, kernel and key of a case",
    .usage = "Usage: mflow list\n"
             "Print every energy, geometry and kernel with its parameters and reference, and every key of a "
             "case.\n\n"
             "  -h, --help            this text\n",
    .accepts = "",
    .run = run,
};
