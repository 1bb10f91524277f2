/* SPDX-License-Identifier: BSD-3-Clause */
/* The flows that `mflow new` knows.  Closed forms are for Gaussians with covariance s I: the target is N(0, I), the initial
 * measure N((m0, 0, ...), s0 I), and n the number of cells per axis. */
#include "solver/program/command_template.h"

#include <stddef.h>

#define GAUSSIANS                                                                                            \
  "grid: {cells: @[n], box: @[[-@{6|6|5}, @{6|6|5}]], boundary: wall}\n"                                     \
  "target: {gaussian: {mean: @[0], covariance: 1}}\n"                                                        \
  "initial: {gaussian: {mean: [m0@{|, 0|, 0, 0}], covariance: s0}}"
#define TWO_MODES                                                                                            \
  "grid: {cells: @[n], box: @[[-@{6|6|5}, @{6|6|5}]], boundary: wall}\n"                                     \
  "target:\n"                                                                                                \
  "  mixture:\n"                                                                                             \
  "    - {mean: [-2@{|, 0|, 0, 0}], covariance: 0.5}\n"                                                      \
  "    - {mean: [2@{|, 0|, 0, 0}], covariance: 0.5, weight: 0.5}\n"                                          \
  "initial: {gaussian: {mean: [2@{|, 0|, 0, 0}], covariance: 0.5}}"

/* Cells per axis and their length; squares of the distance from the two means. */
#define CELLS "n: @{400|96|32}, h: @{12|12|10}/n"
#define R2    "r2: @(x^2)\n"
#define R2_M0 "r2_m: (x - m0)^2@{| + y^2| + y^2 + z^2}"
#define PI_MU                                                                                                \
  "\n  " R2 "  " R2_M0 "\n"                                                                                  \
  "  pi_x: exp(-r2/2)/(2*pi)^(@d/2)\n"                                                                       \
  "  mu_x: exp(-r2_m/(2*s0))/(2*pi*s0)^(@d/2)"
#define MASS(tolerance, why)                                                                                 \
  "\n  - {name: mass, quantity: mass, conserved: true, tolerance: " tolerance ", reference: " why "}"
/* Where the limiter meets empty cells a step may leave values below zero, within rtol. */
#define CUT_OFF "no-flux walls; values below zero are cut off"
#define NEVER_RISES(what)                                                                                    \
  "\n  - {name: " what " never rises, quantity: " what ", nonincreasing: true, reference: gradient flow}"
#define IDENTITY                                                                                             \
  "\n  - {name: dF/dt = -D, quantity: energy_defect, bound: 1e-3, absolute: true, reference: energy "        \
  "identity}"

const mf_template mf_templates[] = {
    {
        .name = "fokker-planck",
        .equation = "Fokker-Planck:  rho_t = alpha div(pi grad(rho/pi))",
        .title = "Fokker-Planck flow of KL to a Gaussian",
        .reference = "Jordan, Kinderlehrer & Otto 1998; Bakry & Emery 1985",
        .parameters = "{alpha: 1, m0: 1.5, s0: 0.5, " CELLS "}",
        .formulas = "\n  s: 1 + (s0 - 1)*exp(-2*alpha*t)",
        .setting = GAUSSIANS,
        .energy = "kl",
        .geometry = "{wasserstein: alpha}",
        .time = "{end: 3, output: 0.05}",
        .claims =
            "\n  - {name: KL(t), quantity: kl, exact: 0.5*(@d*(s - 1 - log(s)) + m0^2*exp(-2*alpha*t)), "
            "tolerance: 0.5*h^2,\n     reference: KL of two Gaussians}"
            "\n  - {name: KL <= e^(-2 alpha t) KL(0), quantity: kl, bound: exp(-2*alpha*t), "
            "reference: log-Sobolev inequality}"
            "\n  - {name: chi^2 <= e^(-2 alpha t) chi^2(0), quantity: chi2, bound: exp(-2*alpha*t), "
            "reference: Poincare inequality}" MASS("1e-12", "no-flux walls"),
    },
    {
        .name = "heat",
        .equation = "Heat equation:  rho_t = alpha Laplace rho",
        .title = "Heat equation on the torus, the Wasserstein flow of the entropy",
        .reference = "Jordan, Kinderlehrer & Otto 1998",
        .parameters = "{alpha: 1, n: @{128|64|24}}",
        .formulas = "\n  mode: cos(x)@{|*cos(y)|*cos(y)*cos(z)}"
                    "\n  rate: @d*alpha*(n/pi)^2*sin(pi/n)^2",
        .setting = "grid: {cells: @[n], box: @[[0, 2*pi]], boundary: periodic}\n"
                   "initial: {density: 1 + 0.5*cos(x)@{|*cos(y)|*cos(y)*cos(z)}}",
        .energy = "entropy",
        .geometry = "{wasserstein: alpha}",
        .time = "{end: 1, output: 0.02, rtol: 1e-8}",
        .claims = "\n  - {name: density, density: (1 + 0.5*exp(-rate*t)*mode)/(2*pi)^@d, at: [0.1, 0.5, 1], "
                  "tolerance: 1e-5,\n     reference: (4/h^2) sin^2(k h/2) on the grid}" NEVER_RISES("energy")
                      MASS("1e-12", "periodic box"),
    },
    {
        .name = "phi-p",
        .equation = "Nonlinear diffusion:  rho_t = alpha div(pi u^(p-1) grad u),  u = rho/pi",
        .title = "Wasserstein flow of phi_p to a Gaussian",
        .reference = "near equilibrium every phi_p decays at twice the gap",
        .parameters = "{alpha: 1, p: 1.5, m0: 0.5, s0: 0.8, " CELLS "}",
        .setting = GAUSSIANS,
        .energy = "{divergence: {p: p}}",
        .geometry = "{wasserstein: alpha}",
        .time = "{end: 8, output: 0.1, rtol: 1e-7}",
        .claims = NEVER_RISES(
            "energy") "\n  - {name: rate of twice the gap, quantity: energy, rate: 2*alpha, "
                      "tolerance: 0.3*h^2 + 1e-3, from: 4, reference: linearisation}" IDENTITY MASS(
                          "1e-12", "no-flux walls"),
    },
    {
        .name = "fisher-rao",
        .equation = "Fisher-Rao (Hellinger):  rho_t = -beta rho log(rho/pi)",
        .title = "Fisher-Rao flow of KL on positive measures",
        .reference = "Mielke & Zhu 2024, phi_p with p = 1",
        .parameters = "{beta: 1, m0: 1, s0: 0.5, " CELLS "}",
        .formulas = "\n  " R2 "  " R2_M0 "\n  log_u0: r2/2 - r2_m/(2*s0) - @d/2*log(s0)",
        .setting = GAUSSIANS,
        .energy = "kl",
        .geometry = "{hellinger: beta}",
        .time = "{end: 20, output: 0.2, rtol: 1e-9}",
        .claims =
            "\n  - {name: log u = e^(-beta t) log u0, log_ratio: exp(-beta*t)*log_u0, at: [0.1, 1, 5, 20], "
            "absolute: true,\n     tolerance: 1e-4, reference: closed form in every cell}" NEVER_RISES(
                "kl") "\n  - {name: rate, quantity: kl, rate: 2*beta, tolerance: 1e-3, from: 12, "
                      "reference: KL ~ e^(-2 beta t)}",
    },
    {
        .name = "spherical-fisher-rao",
        .equation = "Fisher-Rao, mass kept:  rho_t = -beta rho (log(rho/pi) - KL(rho|pi))",
        .title = "Spherical Fisher-Rao flow of KL, the geometric path",
        .reference = "Domingo-Enrich & Pooladian 2023",
        .parameters = "{beta: 1, m0: 1, s0: 0.5, " CELLS "}",
        .formulas = "\n  theta: exp(-beta*t)\n  a: theta/s0 + 1 - theta\n  m: theta*m0/(s0*a)"
                    "\n  r2_m: (x - m)^2@{| + y^2| + y^2 + z^2}",
        .setting = GAUSSIANS,
        .energy = "kl",
        .geometry = "{spherical_hellinger: beta}",
        .time = "{end: 10, output: 0.1, rtol: 1e-9}",
        .claims = "\n  - {name: geometric path, density: exp(-a*r2_m/2)*(a/(2*pi))^(@d/2), at: [0.2, 1, 3], "
                  "tolerance: 1e-5,\n     reference: mu_t = mu_0^theta pi^(1 - theta)/Z}"
                  "\n  - {name: KL(t), quantity: kl, exact: 0.5*(@d*(1/a - 1 + log(a)) + m^2), to: 5, "
                  "tolerance: 1e-3, reference: KL of two Gaussians}" NEVER_RISES("kl")
                      MASS("1e-8", "spherical geometry"),
    },
    {
        .name = "hellinger",
        .equation = "Hellinger flow of He^2/2:  (sqrt rho)_t = -beta (sqrt rho - sqrt pi)",
        .title = "Hellinger flow of the squared Hellinger distance",
        .reference = "Mielke & Zhu 2024, Corollary 6.5",
        .parameters = "{beta: 1, m0: 1, s0: 0.5, " CELLS "}",
        .formulas = PI_MU,
        .setting = GAUSSIANS,
        .energy = "hellinger",
        .geometry = "{hellinger: beta}",
        .time = "{end: 20, output: 0.2, rtol: 1e-9}",
        .claims = "\n  - {name: He^2 e^(2 beta t) is constant, quantity: he2*exp(2*beta*t), conserved: true, "
                  "tolerance: 1e-4,\n     reference: equality at p = 1/2}"
                  "\n  - {name: straight line of sqrt rho, density: (sqrt(pi_x) + exp(-beta*t)*(sqrt(mu_x) - "
                  "sqrt(pi_x)))^2,\n     at: [0.5, 1, 4], tolerance: 1e-5, reference: closed form}",
    },
    {
        .name = "mixture-path",
        .equation = "Fisher-Rao flow of KL(pi|rho):  rho_t = -beta (rho - pi)",
        .title = "Hellinger flow of the inclusive KL divergence, the mixture path",
        .reference = "Mielke & Zhu 2024, Corollary 6.7",
        .parameters = "{beta: 1, m0: 1, s0: 0.5, " CELLS "}",
        .formulas = PI_MU,
        .setting = GAUSSIANS,
        .energy = "inclusive_kl",
        .geometry = "{hellinger: beta}",
        .time = "{end: 10, output: 0.1, rtol: 1e-8}",
        .claims =
            "\n  - {name: mixture path, density: exp(-beta*t)*mu_x + (1 - exp(-beta*t))*pi_x, at: [0.2, 1, "
            "3], "
            "tolerance: 1e-5,\n     reference: closed form}"
            "\n  - {name: KL(pi|mu) <= e^(-beta t) KL(pi|mu0), quantity: inclusive_kl, bound: exp(-beta*t), "
            "reference: Corollary 6.7}",
    },
    {
        .name = "wfr",
        .equation = "Wasserstein-Fisher-Rao (Hellinger-Kantorovich):  rho_t = alpha div(pi grad u) - beta "
                    "rho log u,  "
                    "u = rho/pi",
        .title = "Wasserstein-Fisher-Rao flow of KL to a Gaussian, mass included",
        .reference = "Liero, Mielke, Tse & Zhu 2025 (arXiv 2504.20400), Proposition 2.1",
        .parameters = "{alpha: 1, beta: 1, m0: 1, s0: 0.5, z0: 0.5, " CELLS "}",
        .formulas = "\n  kl_shape: 0.5*(@d*(s - 1 - log(s)) + m^2)",
        .odes = "\n  m: {start: m0, rate: -(alpha + beta*s)*m}"
                "\n  s: {start: s0, rate: 2*alpha*(1 - s) + beta*(s - s^2)}"
                "\n  log_z: {start: log(z0), rate: -beta*(log_z + kl_shape)}",
        .setting = "grid: {cells: @[n], box: @[[-@{6|6|5}, @{6|6|5}]], boundary: wall}\n"
                   "target: {gaussian: {mean: @[0], covariance: 1}}\n"
                   "initial: {gaussian: {mean: [m0@{|, 0|, 0, 0}], covariance: s0}, mass: z0}",
        .energy = "kl",
        .geometry = "{wasserstein: alpha, hellinger: beta}",
        .time = "{end: 6, output: 0.1, rtol: 1e-7}",
        .claims =
            "\n  - {name: mass, quantity: mass, exact: exp(log_z), tolerance: 0.1*h^2 + 1e-5, reference: "
            "closed ODE}"
            "\n  - {name: mean, quantity: mean_x, exact: m, absolute: true, tolerance: 0.1*h^2 + 1e-5, "
            "reference: closed ODE}"
            "\n  - {name: variance, quantity: cov_xx, exact: s, absolute: true, tolerance: 0.2*h^2 + 1e-5, "
            "reference: closed ODE}"
            "\n  - {name: KL of the shape, quantity: shape_kl, bound: exp(-2*alpha*t), "
            "reference: log-Sobolev inequality}",
    },
    {
        .name = "inclusive-kl",
        .equation =
            "Inclusive-KL Wasserstein-Fisher-Rao:  rho_t = alpha div(pi grad log u) - beta (rho - pi),  "
            "u = rho/pi",
        .title = "Wasserstein-Fisher-Rao flow of the inclusive KL divergence to two modes",
        .reference = "Zhu 2024 (arXiv 2411.00214); Mielke & Zhu 2024, Corollary 6.7",
        .parameters = "{alpha: 0.5, beta: 1, " CELLS "}",
        .setting = TWO_MODES,
        .energy = "inclusive_kl",
        .geometry = "{wasserstein: alpha, hellinger: beta}",
        .time = "{end: 10, output: 0.1}",
        .claims = "\n  - {name: KL(pi|mu) <= e^(-beta t) KL(pi|mu0), quantity: inclusive_kl, bound: "
                  "exp(-beta*t),\n     "
                  "reference: \"Corollary 6.7, no log-Sobolev inequality\"}"
                  "\n  - {name: KL(pi|mu) e^(beta t) never rises, quantity: inclusive_kl*exp(beta*t), "
                  "nonincreasing: true,\n     reference: Corollary 6.7}",
    },
    {
        .name = "mmd",
        .equation = "MMD flow:  rho_t = alpha div(rho grad w),  w = K(rho - pi)",
        .title = "Wasserstein flow of MMD^2/2 to a Gaussian",
        .reference = "Arbel, Korba, Salim & Gretton 2019",
        .parameters = "{alpha: 1, m0: 1.5, s0: 0.5, s: 1, " CELLS "}",
        .setting = GAUSSIANS,
        .energy = "{mmd: {kernel: gaussian, bandwidth: s}}",
        .geometry = "{wasserstein: alpha}",
        .time = "{end: 10, output: 0.1}",
        .claims = NEVER_RISES("mmd") IDENTITY MASS("1e-12", "no-flux walls"),
    },
    {
        .name = "mmd-reaction",
        .equation = "MMD geometry:  rho_t = -beta (rho - pi)",
        .title = "Flow of MMD^2/2 in its own geometry, a straight line",
        .reference = "Gladin, Dvurechensky, Mielke & Zhu 2024 (arXiv 2405.17075), Theorem 3.6",
        .parameters = "{beta: 1, m0: 1, s0: 0.5, s: 1, " CELLS "}",
        .formulas = PI_MU,
        .setting = GAUSSIANS,
        .energy = "{mmd: {kernel: gaussian, bandwidth: s}}",
        .geometry = "{mmd: beta}",
        .time = "{end: 10, output: 0.1, rtol: 1e-8}",
        .claims = "\n  - {name: MMD e^(beta t) is constant, quantity: mmd*exp(beta*t), conserved: true, "
                  "tolerance: 1e-5, "
                  "reference: Theorem 3.6}"
                  "\n  - {name: straight line, density: exp(-beta*t)*mu_x + (1 - exp(-beta*t))*pi_x, at: "
                  "[0.2, 1, 3], "
                  "tolerance: 1e-5,\n     reference: Theorem 3.6}" MASS("1e-12", "equal masses stay equal"),
    },
    {
        .name = "ift",
        .equation =
            "Interaction-force transport:  rho_t = alpha div(rho grad w) - beta (rho - pi),  w = K(rho - pi)",
        .title = "Interaction-force transport to a Gaussian",
        .reference = "Gladin, Dvurechensky, Mielke & Zhu 2024 (arXiv 2405.17075), Theorem 3.7",
        .parameters = "{alpha: 1, beta: 1, m0: 1.5, s0: 0.5, s: 1, " CELLS "}",
        .setting = GAUSSIANS,
        .energy = "{mmd: {kernel: gaussian, bandwidth: s}}",
        .geometry = "{wasserstein: alpha, mmd: beta}",
        .time = "{end: 10, output: 0.1}",
        .claims = "\n  - {name: MMD <= e^(-beta t) MMD(0), quantity: mmd, bound: exp(-beta*t), reference: "
                  "Theorem 3.7}"
                  "\n  - {name: MMD e^(beta t) never rises, quantity: mmd*exp(beta*t), nonincreasing: true, "
                  "reference: \"Theorem 3.7, proof\"}" IDENTITY MASS("1e-12", "equal masses stay equal"),
    },
    {
        .name = "svgd",
        .equation = "Stein (SVGD):  rho_t = div(rho K_rho grad log(rho/pi))",
        .title = "Stein variational gradient flow of KL",
        .reference = "Liu 2017; Duncan, Nusken & Szpruch 2023",
        .parameters = "{m0: 1, s0: 0.5, s: 1, " CELLS "}",
        .setting = GAUSSIANS,
        .energy = "kl",
        .geometry = "{stein: {kernel: gaussian, bandwidth: s}}",
        .time = "{end: 5, output: 0.05}",
        .claims =
            NEVER_RISES("kl") "\n  - {name: dKL/dt = -KSD^2, quantity: energy_defect, bound: 1e-3, absolute: "
                              "true, reference: kernel Stein discrepancy}" MASS("1e-12", "no-flux walls"),
    },
    {
        .name = "kernelised",
        .equation = "Kernelised Fisher-Rao flow of KL(pi|rho):  rho_t = -beta rho K(rho - pi)",
        .title = "Kernelised Fisher-Rao flow of the inclusive KL divergence",
        .reference = "Mielke & Zhu 2024, (6.14)",
        .parameters =
            "{beta: 1, m0: 1, s0: 1.5, s: 1, kl0: 0.5*(@d*(1/s0 - 1 + log(s0)) + m0^2/s0), " CELLS "}",
        .setting = GAUSSIANS,
        .energy = "inclusive_kl",
        .geometry = "{kernelised_hellinger: {coefficient: beta, kernel: gaussian, bandwidth: s}}",
        .time = "{end: 20, output: 0.2, rtol: 1e-8}",
        .diagnostics = "{kernel: gaussian, bandwidth: s}",
        .claims = "\n  - {name: dKL(pi|mu)/dt = -beta MMD^2, quantity: dissipation/mmd^2, exact: beta, "
                  "tolerance: 1e-6, reference: (6.14)}"
                  "\n  - {name: MMD^2 <= KL(pi|mu0)/(beta t), quantity: mmd^2*time, bound: kl0/beta, "
                  "absolute: true, "
                  "reference: (6.14)}" IDENTITY,
    },
    {
        .name = "drift",
        .equation = "Drift:  rho_t = alpha div(rho grad V)",
        .title = "Wasserstein flow of a potential energy, V = |x|^2/2",
        .reference = "Ambrosio, Gigli & Savare 2008, section 9.3",
        .parameters = "{alpha: 1, m0: 1, s0: 1, n: @{400|96|32}, h: 10/n}",
        .setting = "grid: {cells: @[n], box: @[[-5, 5]], boundary: wall}\n"
                   "initial: {gaussian: {mean: [m0@{|, 0|, 0, 0}], covariance: s0}}",
        .energy = "{potential: {formula: (@(x^2))/2}}",
        .geometry = "{wasserstein: alpha}",
        .time = "{end: 0.5, output: 0.02}",
        .claims =
            "\n  - {name: mean, quantity: mean_x, exact: m0*exp(-alpha*t), tolerance: h^2 + 1e-4, "
            "reference: characteristics}"
            "\n  - {name: variance, quantity: cov_xx, exact: s0*exp(-2*alpha*t), tolerance: 5*h^2 + 1e-4, "
            "reference: characteristics}" NEVER_RISES("energy") MASS("1e-6", CUT_OFF),
    },
    {
        .name = "porous-medium",
        .equation = "Porous medium:  rho_t = Laplace rho^m",
        .title = "Porous medium equation, Barenblatt's solution",
        .reference = "Otto 2001; Vazquez 2007",
        .parameters = "{d: @d, m: 2, t0: 0.1, a: d/(d*(m - 1) + 2), b: a/d, k: b*(m - 1)/(2*m), c0: 0.3,\n  "
                      "n: @{400|96|32}, h: @{8|6|5}/n}",
        .formulas = "\n  r2: @(x^2)\n  s: t0 + t\n  u: s^(-a)*max(c0 - k*r2*s^(-2*b), 0)",
        .setting = "grid: {cells: @[n], box: @[[-@{4|3|2.5}, @{4|3|2.5}]], boundary: wall}\n"
                   "initial: {density: \"t0^(-a)*max(c0 - k*(@(x^2))*t0^(-2*b), 0)\", normalise: false}",
        .energy = "{internal: {m: m}}",
        .geometry = "{wasserstein: 1}",
        .time = "{end: 0.5, output: 0.02, rtol: 1e-7}",
        .claims =
            "\n  - {name: density, density: u, at: [0.2, 0.5], tolerance: 3*h^2, reference: Barenblatt 1952}"
            "\n  - {name: variance grows like s^(2b), quantity: cov_xx/(t0 + t)^(2*b), conserved: true, "
            "tolerance: 3*h^2,\n     reference: self-similarity}" NEVER_RISES("energy")
                MASS("1e-12", "no-flux walls"),
    },
    {
        .name = "aggregation",
        .equation = "Aggregation:  rho_t = alpha div(rho grad(W * rho))",
        .title = "Quadratic attraction contracts at its exact rate",
        .reference = "Carrillo, McCann & Villani 2003",
        .parameters = "{alpha: 1, s0: 0.15, n: @{400|96|32}, h: 6/n}",
        .setting = "grid: {cells: @[n], box: @[[-3, 3]], boundary: wall}\n"
                   "initial:\n"
                   "  mixture:\n"
                   "    - {mean: [-1@{|, 0|, 0, 0}], covariance: s0}\n"
                   "    - {mean: [1@{|, 0|, 0, 0}], covariance: s0}",
        .energy = "{interaction: {formula: (@(x^2))/2}}",
        .geometry = "{wasserstein: alpha}",
        .time = "{end: 0.5, output: 0.02}",
        .claims = "\n  - {name: variance, quantity: cov_xx, exact: (1 + s0)*exp(-2*alpha*t), tolerance: "
                  "5*h^2 + 1e-4, "
                  "reference: closed ODE}"
                  "\n  - {name: mean stays, quantity: mean_x, exact: 0, absolute: true, tolerance: 1e-12, "
                  "reference: symmetry}" NEVER_RISES("energy") MASS("1e-6", CUT_OFF),
    },
    {.name = NULL},
};
