/* SPDX-License-Identifier: BSD-3-Clause */
/* Scalars over time: a table in memory, and the same in NAME_history.nc.
 *
 * They have a file of their own because a variable of another shape in the fields file can make ParaView show
 * nothing.  A column is an array of its own, so the rows a file lacks are handed over in one call a column. */
#include "io/netcdf/history.h"

#include "io/netcdf/foreign.h"
#include "io/netcdf/netcdf.h"

#include <math.h>
#include <string.h>

typedef struct {
  char *name, *text;
} remark;

typedef struct {
  char *name, *long_name, *units;
  mf_column shown; /* the same, as handed out */
  remark *remarks;
  int remark_count;
  double *values;
} column;

struct mf_history {
  column *columns;
  int count, rows, capacity;
  int given; /* columns that a row brings; the others were added */
};

struct mf_history_file {
  mf_nc file;
  int *variables; /* one per column */
  int count;
  int rows; /* in the file */
};

static int column_init(column *c, const mf_column *info)
{
  MF_TRY(mf_text_copy(&c->name, info->name));
  MF_TRY(mf_text_copy(&c->long_name, info->long_name ? info->long_name : info->name));
  MF_TRY(mf_text_copy(&c->units, info->units ? info->units : "1"));
  c->shown = (mf_column){c->name, c->long_name, c->units};
  return MF_OK;
}

static int add_remark(column *c, const mf_attribute *attribute)
{
  remark *r = &c->remarks[c->remark_count++];
  MF_TRY(mf_text_copy(&r->name, attribute->name));
  return mf_text_copy(&r->text, attribute->text);
}

static void column_clear(column *c)
{
  for (int k = 0; k < c->remark_count; k++) {
    mf_release(c->remarks[k].name);
    mf_release(c->remarks[k].text);
  }
  mf_release(c->remarks);
  mf_release(c->name);
  mf_release(c->long_name);
  mf_release(c->units);
  mf_release(c->values);
}

void mf_history_free(mf_history *h)
{
  if (!h) return;
  for (int i = 0; i < h->count; i++) column_clear(&h->columns[i]);
  mf_release(h->columns);
  mf_release(h);
}

static int fill(mf_history *h, const mf_column *columns, int count)
{
  MF_TRY(mf_objects_create(&h->columns, count, sizeof *h->columns));
  h->count = h->given = count;
  for (int i = 0; i < count; i++) MF_TRY(column_init(&h->columns[i], &columns[i]));
  return MF_OK;
}

int mf_history_create(mf_history **out, const mf_column *columns, int count)
{
  *out = NULL;
  if (count < 1 || strcmp(columns[0].name, "time") != 0)
    return mf_fail(MF_ECASE, "the first column of a history is time, not %s",
                   count < 1 ? "nothing" : columns[0].name);
  mf_history *h;
  MF_TRY(mf_objects_create(&h, 1, sizeof *h));
  const int status = fill(h, columns, count);
  if (status) {
    mf_history_free(h);
    return status;
  }
  *out = h;
  return MF_OK;
}

int mf_history_add(mf_history *h, const mf_column *info, const mf_attribute *attributes, int attribute_count)
{
  column *more;
  if (h->rows > 0) return mf_fail(MF_ECASE, "the history has rows already: it cannot have a column more");
  MF_TRY(mf_objects_create(&more, h->count + 1, sizeof *more));
  memcpy(more, h->columns, (size_t)h->count * sizeof *more);
  mf_release(h->columns);
  h->columns = more;
  column *c = &h->columns[h->count++];
  MF_TRY(column_init(c, info));
  if (h->capacity > 0) MF_TRY(mf_reals_create(&c->values, h->capacity));
  MF_TRY(mf_objects_create(&c->remarks, attribute_count, sizeof *c->remarks));
  for (int k = 0; k < attribute_count; k++) MF_TRY(add_remark(c, &attributes[k]));
  return MF_OK;
}

/* Room for one more row in every column; if memory ends in the middle the table is as it was. */
static int reserve(mf_history *h, int capacity)
{
  if (capacity <= h->capacity) return MF_OK;
  for (int i = 0; i < h->count; i++) {
    double *values, *old = h->columns[i].values;
    MF_TRY(mf_reals_create(&values, capacity));
    if (h->rows > 0) memcpy(values, old, (size_t)h->rows * sizeof *values);
    mf_release(old);
    h->columns[i].values = values;
  }
  h->capacity = capacity;
  return MF_OK;
}

int mf_history_append(mf_history *h, const double *row)
{
  if (h->rows == h->capacity) MF_TRY(reserve(h, h->capacity > 0 ? 2 * h->capacity : 64));
  for (int i = 0; i < h->count; i++) h->columns[i].values[h->rows] = i < h->given ? row[i] : NAN;
  h->rows++;
  return MF_OK;
}

int mf_history_rows(const mf_history *h)
{
  return h->rows;
}

int mf_history_columns(const mf_history *h)
{
  return h->count;
}

const mf_column *mf_history_column(const mf_history *h, int index)
{
  return &h->columns[index].shown;
}

int mf_history_find(const mf_history *h, const char *name)
{
  for (int i = 0; i < h->count; i++)
    if (!strcmp(h->columns[i].name, name)) return i;
  return -1;
}

double mf_history_value(const mf_history *h, int row, int index)
{
  return h->columns[index].values[row];
}

void mf_history_set(mf_history *h, int row, int index, double value)
{
  h->columns[index].values[row] = value;
}

const char *mf_history_attribute(const mf_history *h, int index, const char *name)
{
  const column *c = &h->columns[index];
  for (int k = 0; k < c->remark_count; k++)
    if (!strcmp(c->remarks[k].name, name)) return c->remarks[k].text;
  return NULL;
}

static int define_column(mf_history_file *f, int dimension, const column *c, int *variable)
{
  const mf_nc *file = &f->file;
  MF_TRY(mf_nc_define_series(file, dimension, c->name, variable));
  MF_TRY(mf_nc_put_text(file, *variable, "long_name", c->long_name));
  MF_TRY(mf_nc_put_text(file, *variable, "units", c->units));
  for (int k = 0; k < c->remark_count; k++)
    MF_TRY(mf_nc_put_text(file, *variable, c->remarks[k].name, c->remarks[k].text));
  return MF_OK;
}

/* Bytes of a header for what is noted when a run has ended: for the whole, and for each column. */
enum { TO_COME = 4096, TO_COME_EACH = 256 };

static int define(mf_history_file *f, const mf_history *h)
{
  const mf_nc *file = &f->file;
  int dimension;
  MF_TRY(mf_nc_define_time_dimension(file, &dimension));
  for (int i = 0; i < h->count; i++) MF_TRY(define_column(f, dimension, &h->columns[i], &f->variables[i]));
  MF_TRY(mf_nc_put_text(file, f->variables[0], "axis", "T"));
  MF_TRY(mf_nc_end_definitions(file, (size_t)(TO_COME + h->count * TO_COME_EACH)));
  MF_NC(file, nc_sync(file->id), "cannot write its header");
  return MF_OK;
}

void mf_history_file_discard(mf_history_file *f)
{
  if (!f) return;
  mf_nc_discard(&f->file);
  mf_release(f->variables);
  mf_release(f);
}

int mf_history_file_create(mf_history_file **out, const char *path, const mf_history *h,
                           const mf_attribute *attributes, int attribute_count, bool force)
{
  *out = NULL;
  mf_history_file *f;
  MF_TRY(mf_objects_create(&f, 1, sizeof *f));
  f->count = h->count;
  int status = mf_objects_create(&f->variables, h->count, sizeof *f->variables);
  if (!status) status = mf_nc_create(&f->file, path, MF_NC_TABLE, force, attributes, attribute_count);
  if (!status) status = define(f, h);
  if (status) {
    mf_history_file_discard(f);
    return status;
  }
  *out = f;
  return MF_OK;
}

int mf_history_file_update(mf_history_file *f, const mf_history *h)
{
  MF_TRY(mf_nc_usable(&f->file));
  if (h->rows <= f->rows) return MF_OK;
  MF_TRY(mf_nc_check_present(&f->file));
  const size_t start = (size_t)f->rows, count = (size_t)(h->rows - f->rows);
  MF_TRY(mf_nc_check_room(&f->file, (double)f->count * (double)count * sizeof(double)));
  for (int i = f->count - 1; i >= 0; i--) /* time last, as a seal */
    MF_NC(&f->file,
          nc_put_vara_double(f->file.id, f->variables[i], &start, &count, h->columns[i].values + f->rows),
          "cannot write %s", h->columns[i].name);
  MF_NC(&f->file, nc_sync(f->file.id), "cannot write row %d", h->rows - 1);
  f->rows = h->rows;
  return MF_OK;
}

int mf_history_file_publish(mf_history_file *f)
{
  return mf_nc_publish(&f->file);
}

int mf_history_file_close(mf_history_file *f)
{
  if (!f) return MF_OK;
  const int status = mf_nc_close(&f->file);
  mf_release(f->variables);
  mf_release(f);
  return status;
}

/* What mf_history_read finds out before it makes a table: the columns in the order of the file, time first. */
typedef struct {
  const mf_nc *file;
  int time, count; /* variables */
  size_t rows;
} reader;

/* More numbers no run writes; a damaged header may claim any. */
static const double most_numbers = 1 << 28;

static int survey(reader *r)
{
  const mf_nc *file = r->file;
  int dimension;
  if (nc_inq_dimid(file->id, "time", &dimension) || nc_inq_varid(file->id, "time", &r->time))
    return mf_fail(MF_EFILE, "%s: this is no history file: it has no time", file->path);
  MF_NC(file, nc_inq_dimlen(file->id, dimension, &r->rows), "cannot read it");
  MF_NC(file, nc_inq_nvars(file->id, &r->count), "cannot read it");
  for (int v = 0; v < r->count; v++) {
    char name[NC_MAX_NAME + 1];
    int rank, dimensions[NC_MAX_VAR_DIMS];
    nc_type type;
    MF_NC(file, nc_inq_var(file->id, v, name, &type, &rank, dimensions, NULL), "cannot read it");
    if (rank != 1 || dimensions[0] != dimension || type == NC_CHAR)
      return mf_fail(MF_EFILE,
                     "%s: this is no history file: %s is no number over time (a history is called "
                     "NAME_history.nc)",
                     file->path, name);
  }
  if ((double)r->rows * (double)r->count <= most_numbers) return MF_OK;
  return mf_fail(MF_EFILE, "%s: %zu rows of %d columns are too many", file->path, r->rows, r->count);
}

/* Every text attribute of a variable but those that make up its mf_column. */
static int read_remarks(const reader *r, int variable, column *c)
{
  const mf_nc *file = r->file;
  int count;
  MF_NC(file, nc_inq_varnatts(file->id, variable, &count), "cannot read it");
  MF_TRY(mf_objects_create(&c->remarks, count, sizeof *c->remarks));
  for (int k = 0; k < count; k++) {
    char name[NC_MAX_NAME + 1], *text;
    nc_type type;
    MF_NC(file, nc_inq_attname(file->id, variable, k, name), "cannot read it");
    MF_NC(file, nc_inq_atttype(file->id, variable, name, &type), "cannot read it");
    if (type != NC_CHAR || !strcmp(name, "long_name") || !strcmp(name, "units")) continue;
    MF_TRY(mf_nc_get_text(file, variable, name, &text));
    const mf_attribute attribute = {name, text};
    const int status = add_remark(c, &attribute);
    mf_release(text);
    MF_TRY(status);
  }
  return MF_OK;
}

static int read_info(const reader *r, int variable, column *c)
{
  char name[NC_MAX_NAME + 1];
  MF_NC(r->file, nc_inq_varname(r->file->id, variable, name), "cannot read it");
  MF_TRY(mf_text_copy(&c->name, name));
  MF_TRY(mf_nc_get_text(r->file, variable, "long_name", &c->long_name));
  MF_TRY(mf_nc_get_text(r->file, variable, "units", &c->units));
  return read_remarks(r, variable, c);
}

static int read_table(const reader *r, mf_history *h)
{
  MF_TRY(mf_objects_create(&h->columns, r->count, sizeof *h->columns));
  h->count = h->given = r->count;
  MF_TRY(reserve(h, (int)r->rows));
  for (int i = 0; i < r->count; i++) {
    const int variable = i == 0 ? r->time : i <= r->time ? i - 1 : i;
    MF_TRY(read_info(r, variable, &h->columns[i]));
    if (r->rows > 0)
      MF_NC(r->file, nc_get_var_double(r->file->id, variable, h->columns[i].values), "cannot read %s",
            h->columns[i].name);
  }
  h->rows = (int)r->rows;
  return MF_OK;
}

static int read_history(void *self, const mf_nc *file)
{
  reader r = {.file = file};
  MF_TRY(survey(&r));
  return read_table(&r, self);
}

static int pass_remark(remark *r, mf_parcel *p)
{
  MF_TRY(mf_parcel_pass_text(p, &r->name));
  return mf_parcel_pass_text(p, &r->text);
}

static int pass_column(column *c, int rows, mf_parcel *p)
{
  int count = c->remark_count;
  MF_TRY(mf_parcel_pass_text(p, &c->name));
  MF_TRY(mf_parcel_pass_text(p, &c->long_name));
  MF_TRY(mf_parcel_pass_text(p, &c->units));
  c->shown = (mf_column){c->name, c->long_name, c->units};
  if (rows > 0) MF_TRY(mf_parcel_pass_reals(p, &c->values, rows));
  MF_TRY(mf_parcel_pass(p, &count, sizeof count));
  MF_TRY(mf_parcel_make(p, &c->remarks, count, sizeof *c->remarks));
  c->remark_count = count;
  for (int k = 0; k < count; k++) MF_TRY(pass_remark(&c->remarks[k], p));
  return MF_OK;
}

static int pass_history(void *self, mf_parcel *p)
{
  mf_history *h = self;
  int count = h->count;
  MF_TRY(mf_parcel_pass(p, &count, sizeof count));
  MF_TRY(mf_parcel_make(p, &h->columns, count, sizeof *h->columns));
  h->count = h->given = count;
  MF_TRY(mf_parcel_pass(p, &h->rows, sizeof h->rows));
  h->capacity = h->rows;
  for (int i = 0; i < count; i++) MF_TRY(pass_column(&h->columns[i], h->rows, p));
  return MF_OK;
}

int mf_history_read(mf_history **out, const char *path)
{
  mf_history *h;
  *out = NULL;
  MF_TRY(mf_objects_create(&h, 1, sizeof *h));
  const int status = mf_nc_read(path, read_history, pass_history, h);
  if (status) {
    mf_history_free(h);
    return status;
  }
  *out = h;
  return MF_OK;
}

typedef struct {
  const char *name;
  char *text;
} global;

static int read_global(void *self, const mf_nc *file)
{
  global *g = self;
  return mf_nc_get_text(file, NC_GLOBAL, g->name, &g->text);
}

static int pass_global(void *self, mf_parcel *p)
{
  return mf_parcel_pass_text(p, &((global *)self)->text);
}

int mf_file_attribute(const char *path, const char *name, char **text)
{
  global g = {.name = name};
  const int status = mf_nc_read(path, read_global, pass_global, &g);
  *text = status ? NULL : g.text;
  if (status) mf_release(g.text);
  return status;
}

static int annotate(const mf_nc *file, const mf_note *notes, int count)
{
  MF_NC(file, nc_redef(file->id), "cannot add attributes");
  for (int i = 0; i < count; i++) {
    int id = NC_GLOBAL;
    if (notes[i].variable)
      MF_NC(file, nc_inq_varid(file->id, notes[i].variable, &id), "no variable %s", notes[i].variable);
    MF_TRY(mf_nc_put_text(file, id, notes[i].attribute.name, notes[i].attribute.text));
  }
  MF_NC(file, nc_enddef(file->id), "cannot add attributes");
  return MF_OK;
}

int mf_file_annotate(const char *path, const mf_note *notes, int count)
{
  mf_nc file;
  MF_TRY(mf_nc_open_again(&file, path));
  const int status = annotate(&file, notes, count);
  if (!status) return mf_nc_close(&file);
  mf_nc_abandon(&file);
  return status;
}
