/* SPDX-License-Identifier: BSD-3-Clause */
/** @file face_weight.h (plug-in)  Means of the target over the faces between cells (Heida, Kantner & Stephan 2021). */
#ifndef MF_OPERATORS_TRANSPORT_FACE_WEIGHT_H
#define MF_OPERATORS_TRANSPORT_FACE_WEIGHT_H

#include "grids/measure.h"

MF_PUBLIC_BEGIN

/** Mean of the target over a face.  MF_FACE_AUTO: midpoint where |log(pi_R/pi_L)| <= 1, Scharfetter-Gummel
 *  from 3 on, a smooth mixture between; fourth-order gap where the potential is resolved, safe where it is
 *  not. */
typedef enum {
  MF_FACE_AUTO,
  MF_FACE_MIDPOINT,
  MF_FACE_SQUARE_ROOT,
  MF_FACE_SCHARFETTER_GUMMEL,
  MF_FACE_HARMONIC,
  MF_FACE_LOGARITHMIC,
  MF_FACE_ARITHMETIC
} mf_face_weight;
extern const char *const mf_face_weight_names[];

/** weight[c] = pi_f / h^2 of the face between cell c and its upper neighbour along an axis, from the log-density alone; where
 *  there is no such face the array (halo.h: mf_face_field_create) keeps its zeros. */
void mf_face_weights(const mf_measure *target, mf_face_weight kind, int axis, double *weight);

MF_PUBLIC_END

#endif
