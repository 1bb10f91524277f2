/* SPDX-License-Identifier: BSD-3-Clause */
/* The side file NAME.nc.xmf.
 *
 * The form is what ParaView's default reader, Xdmf3ReaderS, takes in 1, 2 and 3 dimensions: a temporal
 * collection of 3DRectMesh grids between cell faces (an unused axis is one plane at 0), whose attributes
 * point into the HDF5 file with start:stride:count:size.  HyperSlab items are dropped silently, so they are
 * no choice.  The faces are spelt out in the first grid only and included in the others. */
#define _POSIX_C_SOURCE 200809L
#include "io/netcdf/xdmf.h"

#include "grids/base.h"
#include "io/fresh.h"
#include "io/netcdf/netcdf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FIRST_GRID "xpointer(/Xdmf/Domain/Grid/Grid[1]/"

/* PATH.xmf */
static int side_name(char **out, const char *path)
{
  const size_t size = strlen(path) + sizeof ".xmf";
  MF_TRY(mf_objects_create(out, (ptrdiff_t)size, 1));
  snprintf(*out, size, "%s.xmf", path);
  return MF_OK;
}

/* The side file stands beside the netCDF file, so it needs no directory. */
static const char *base_name(const char *path)
{
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* Text inside an XML element. */
static void put_escaped(FILE *out, const char *text)
{
  for (; *text; text++) {
    if (*text == '&')
      fputs("&amp;", out);
    else if (*text == '<')
      fputs("&lt;", out);
    else if (*text == '>')
      fputs("&gt;", out);
    else
      fputc(*text, out);
  }
}

/* " value" once per axis of the grid, z first. */
static void put_per_axis(FILE *out, const mf_grid *grid, int value)
{
  for (int a = 0; a < grid->dim; a++) fprintf(out, " %d", value);
}

static void put_cells(FILE *out, const mf_grid *grid)
{
  for (int a = grid->dim - 1; a >= 0; a--) fprintf(out, " %td", grid->global[a]);
}

static void put_faces(FILE *out, const mf_grid *grid, int axis)
{
  const bool used = axis < grid->dim;
  const ptrdiff_t count = used ? grid->global[axis] + 1 : 1;
  fprintf(out, "<DataItem Dimensions=\"%td\" NumberType=\"Float\" Precision=\"8\" Format=\"XML\">", count);
  for (ptrdiff_t i = 0; i < count; i++) fprintf(out, " %.17g", used ? mf_grid_edge(grid, axis, i) : 0.0);
  fputs("</DataItem>\n", out);
}

static void put_mesh(FILE *out, const mf_grid *grid)
{
  fputs("<Topology TopologyType=\"3DRectMesh\" Dimensions=\"", out);
  for (int a = MF_AXES - 1; a >= 0; a--)
    fprintf(out, "%td%s", a < grid->dim ? grid->global[a] + 1 : 1, a > 0 ? " " : "\"/>\n");
  fputs("<Geometry GeometryType=\"VXVYVZ\">\n", out);
  for (int a = 0; a < MF_AXES; a++) put_faces(out, grid, a);
  fputs("</Geometry>\n", out);
}

static void put_mesh_again(FILE *out)
{
  fputs("<xi:include xpointer=\"" FIRST_GRID "Topology)\"/>\n"
        "<xi:include xpointer=\"" FIRST_GRID "Geometry)\"/>\n",
        out);
}

/* "start:stride:count:size" of one record in (time, z, y, x). */
static void put_selection(FILE *out, const mf_xdmf *x, ptrdiff_t record)
{
  fprintf(out, "|%td", record);
  put_per_axis(out, x->grid, 0);
  fputs(":1", out);
  put_per_axis(out, x->grid, 1);
  fputs(":1", out);
  put_cells(out, x->grid);
  fprintf(out, ":%td", x->records);
  put_cells(out, x->grid);
}

/* One field as cell data; `record` < 0: it does not vary. */
static void put_field(FILE *out, const mf_xdmf *x, const char *name, int precision, ptrdiff_t record)
{
  fputs("<Attribute Name=\"", out);
  put_escaped(out, name);
  fprintf(out, "\" AttributeType=\"Scalar\" Center=\"Cell\"><DataItem Dimensions=\"%s",
          record < 0 ? "" : "1");
  put_cells(out, x->grid);
  fprintf(out, "\" NumberType=\"Float\" Precision=\"%d\" Format=\"HDF\">", precision);
  put_escaped(out, base_name(x->path));
  fputs(":/", out);
  put_escaped(out, name);
  if (record >= 0) put_selection(out, x, record);
  fputs("</DataItem></Attribute>\n", out);
}

static void put_document(FILE *out, const mf_xdmf *x)
{
  fputs("<?xml version=\"1.0\"?>\n"
        "<Xdmf Version=\"3.0\" xmlns:xi=\"http://www.w3.org/2001/XInclude\"><Domain>\n"
        "<Grid Name=\"run\" GridType=\"Collection\" CollectionType=\"Temporal\">\n",
        out);
  for (ptrdiff_t r = 0; r < x->records; r++) {
    fprintf(out, "<Grid Name=\"record %td\"><Time Value=\"%.17g\"/>\n", r, x->times[r]);
    if (r == 0)
      put_mesh(out, x->grid);
    else
      put_mesh_again(out);
    for (int i = 0; i < x->varying_count; i++) put_field(out, x, x->varying[i], x->precision[i], r);
    for (int i = 0; i < x->fixed_count; i++)
      put_field(out, x, x->fixed[i], x->precision[x->varying_count + i], -1);
    fputs("</Grid>\n", out);
  }
  fputs("</Grid>\n</Domain></Xdmf>\n", out);
}

/* The document to `fd`, which is closed; an errno. */
static int write_document(const mf_xdmf *x, int fd)
{
  FILE *out = fdopen(fd, "w");
  if (!out) {
    const int error = errno;
    close(fd);
    return error;
  }
  errno = 0;
  put_document(out, x);
  int error = fflush(out) || ferror(out) ? (errno ? errno : EIO) : 0;
  if (fclose(out) && !error) error = errno;
  return error;
}

static int cannot_write(const char *path, int error)
{
  return mf_fail(MF_EFILE, "%s: cannot write it: %s", path, mf_nc_explain(path, error));
}

/* With its final name known. */
static int prepare(const mf_xdmf *x, const char *final, char **temporary)
{
  int fd;
  MF_TRY(mf_fresh_file(final, temporary, &fd));
  const int error = write_document(x, fd);
  if (!error) return MF_OK;
  mf_xdmf_drop(*temporary);
  *temporary = NULL;
  return cannot_write(final, error);
}

int mf_xdmf_prepare(const mf_xdmf *x, char **temporary)
{
  char *final;
  MF_TRY(side_name(&final, x->path));
  const int status = prepare(x, final, temporary);
  mf_release(final);
  return status;
}

int mf_xdmf_place(const char *path, char *temporary)
{
  char *final = NULL;
  int status = side_name(&final, path);
  if (!status && rename(temporary, final)) status = cannot_write(final, errno);
  if (status) unlink(temporary);
  mf_release(temporary);
  mf_release(final);
  return status;
}

void mf_xdmf_drop(char *temporary)
{
  if (temporary) unlink(temporary);
  mf_release(temporary);
}

int mf_xdmf_write(const mf_xdmf *x)
{
  char *temporary;
  MF_TRY(mf_xdmf_prepare(x, &temporary));
  return mf_xdmf_place(x->path, temporary);
}

int mf_xdmf_check_place(const char *path, bool force)
{
  char *name;
  MF_TRY(side_name(&name, path));
  const int status = mf_nc_check_place(name, force);
  mf_release(name);
  return status;
}

int mf_xdmf_put_aside(const char *path, char **aside)
{
  char *name;
  int fd;
  *aside = NULL;
  MF_TRY(side_name(&name, path));
  int status = MF_OK;
  if (access(name, F_OK) == 0 && !(status = mf_fresh_file(name, aside, &fd))) {
    close(fd);
    if (rename(name, *aside)) status = mf_fail(MF_EFILE, "%s: cannot replace it: %s", name, strerror(errno));
  }
  mf_release(name);
  if (status) {
    mf_xdmf_drop(*aside);
    *aside = NULL;
  }
  return status;
}

void mf_xdmf_put_back(const char *path, char *aside)
{
  char *name = NULL;
  if (!aside) return;
  if (!side_name(&name, path) && rename(aside, name) && !link(aside, name)) unlink(aside);
  mf_release(name);
  mf_release(aside);
}

int mf_xdmf_check_name(const char *path)
{
  if (!strpbrk(base_name(path), ":|")) return MF_OK;
  return mf_fail(MF_EFILE, "%s: ParaView cannot read a file with ':' or '|' in its name; choose another",
                 path);
}
