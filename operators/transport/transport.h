/* SPDX-License-Identifier: BSD-3-Clause */
/** @file transport.h (plug-in)  Mass moving between neighbouring cells: face weights and face fluxes.
 *
 *  Two fluxes, in units of mass per cell volume and time, positive towards the upper neighbour:
 *
 *    entropic   J = -(m_f / h^2) sum_k weight_k (P_k(u_R) - P_k(u_L)),      P(u) = (u^p - 1)/p, m_f = pi_f or 1
 *    velocity   J = -(rho_up / h^2) (xi_R - xi_L),                          rho_up >= 0 limited upwind value
 *
 *  The entropic flux is the discrete Onsager flux with a positive mobility adapted to the entropy (Maas 2011;
 *  Mielke 2011): any pi_f > 0 conserves mass, holds pi exactly and dissipates every convex entropy.  The
 *  velocity flux dissipates exactly, whatever rho_up >= 0 (Carrillo, Chertock & Huang 2015). */
#ifndef MF_OPERATORS_TRANSPORT_TRANSPORT_H
#define MF_OPERATORS_TRANSPORT_TRANSPORT_H

#include "operators/geometry.h"
#include "operators/transport/face_weight.h"

MF_PUBLIC_BEGIN

/** Slope limiter of the upwind value. */
typedef enum { MF_LIMITER_MINMOD, MF_LIMITER_VAN_LEER, MF_LIMITER_NONE } mf_limiter;
extern const char *const mf_limiter_names[];

typedef struct mf_transport mf_transport;

/** Without a target only the velocity flux can be used. */
int mf_transport_create(mf_transport **out, const mf_grid *grid, const mf_measure *target,
                        mf_face_weight kind, mf_limiter limiter);
void mf_transport_free(mf_transport *t);

mf_limiter mf_transport_limiter(const mf_transport *t);

/** pi_f / h^2 of the face between cell c and its upper neighbour, at index c; 0 at a wall, also before the first cell
 *  (neighbour.h). */
const double *mf_transport_weight(const mf_transport *t, int axis);

/** rho_up / h^2 of the faces along an axis, as seen from below and from above, 0 at walls: arrays of faces (neighbour.h). */
void mf_transport_mobility(const mf_transport *t, const double *density, int axis,
                           double *MF_RESTRICT from_below, double *MF_RESTRICT from_above);

/** rate[c] += scale * (inflow - outflow), for all parts of the force, in the state's form. */
void mf_transport_add_rate(const mf_transport *t, const mf_state *s, const mf_force *f, double scale,
                           double *MF_RESTRICT rate);

/** Arrays of the state that the entropic flux reads in absolute form. */
unsigned mf_transport_needs(const mf_force *f);

/** The same in few passes over the arrays (transport_fused.h), see geometry.h; false in log form. */
bool mf_transport_fused_rate(const mf_transport *t, const mf_state *s, const mf_force *f, double scale,
                             bool fresh, double *MF_RESTRICT rate, bool *finite);

/** rate[c] += scale * derivative of the above along the tangent. */
void mf_transport_add_jacobian(const mf_transport *t, const mf_state *s, const mf_force *f,
                               const mf_tangent *d, const double *dxi, double scale,
                               double *MF_RESTRICT rate);

/** The same in one pass; false in log form and where a velocity changes. */
bool mf_transport_fused_jacobian(const mf_transport *t, const mf_state *s, const mf_force *f,
                                 const mf_tangent *d, const double *dxi, double scale, bool fresh,
                                 double *MF_RESTRICT rate, bool *finite);

/** flux[c] = flux through the face above cell c along an axis; 0 at a wall.  The state has all arrays. */
void mf_transport_flux(const mf_transport *t, const mf_state *s, const mf_force *f, int axis,
                       double *MF_RESTRICT flux);

/** Sum over the faces across an axis of flux (xi below - xi above), for such fluxes; without the cell volume. */
double mf_transport_power(const mf_grid *grid, int axis, const double *flux, const double *xi);

/** rate[c] += inflow - outflow of such fluxes, in the state's form. */
void mf_transport_move(const mf_transport *t, const mf_state *s, int axis, const double *flux,
                       double *MF_RESTRICT rate);

/** volume * sum over faces of -J (xi_R - xi_L), with f->total as xi. */
double mf_transport_dissipation(const mf_transport *t, const mf_state *s, const mf_force *f);

/** Bands of the entropic flux's derivative along one axis, times scale. */
void mf_transport_add_bands(const mf_transport *t, const mf_state *s, const mf_force *f, int axis,
                            double scale, double *MF_RESTRICT lower, double *MF_RESTRICT diagonal,
                            double *MF_RESTRICT upper);

MF_PUBLIC_END

#endif
