/* SPDX-License-Identifier: BSD-3-Clause */
/* What mflow compare finds, as JSON. */
#include "solver/program/command_compare.h"

static void print_moments(const mf_particle_comparison *c)
{
  mf_print_json_number(", \"effective\": ", c->effective);
  mf_print_json_number(", \"mass_a\": ", c->mass_a);
  mf_print_json_number(", \"mass_b\": ", c->mass_b);
  printf(", \"outside\": %td, \"moments\": [", c->outside);
  for (int k = 0; k < c->moments; k++) {
    const mf_moment_comparison *m = &c->moment[k];
    printf("%s{\"name\": \"%s\"", k ? ", " : "", m->name);
    mf_print_json_number(", \"density\": ", m->grid);
    mf_print_json_number(", \"particles\": ", m->particles);
    mf_print_json_number(", \"error\": ", m->error);
    printf("}");
  }
  printf("]");
}

void mf_comparison_print_json(const mf_comparison *j)
{
  printf("{\"a\": ");
  mf_print_json_text(j->path_a);
  printf(", \"b\": ");
  mf_print_json_text(j->path_b);
  printf(", \"kind\": \"%s\", \"kernel\": \"%s\", \"cells\": [", j->ensemble ? "particles" : "fields",
         j->kernel_text);
  for (int a = 0; a < j->grid.dim; a++) printf("%s%td", a ? ", " : "", j->grid.global[a]);
  printf("], \"times\": [");
  for (int i = 0; i < j->pairs; i++) {
    mf_print_json_number(i ? ",\n  {\"time\": " : "\n  {\"time\": ", j->row[i].time);
    for (int k = 0; k < j->columns; k++) {
      printf(", \"%s\": ", j->names[k]);
      mf_print_json_number("", j->row[i].value[k]);
    }
    if (j->ensemble) print_moments(&j->row[i].particles);
    printf("}");
  }
  printf("\n], \"tolerances\": [");
  for (int i = 0; i < j->limits; i++) {
    const mf_comparison_limit *l = &j->limit[i];
    printf("%s{\"quantity\": \"%s\"", i ? ", " : "", l->quantity);
    mf_print_json_number(", \"worst\": ", l->worst);
    mf_print_json_number(", \"allowed\": ", l->allowed);
    mf_print_json_number(", \"time\": ", l->time);
    printf(", \"holds\": %s}", l->holds ? "true" : "false");
  }
  printf("], \"verdict\": \"%s\"}\n", j->holds ? "holds" : "fails");
}
