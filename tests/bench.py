#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Speed, as ratios measured side by side: mflow's workloads, the same with a plainer method, the SciPy baselines where they
are there, and the machine's own speed.  Called by `make bench`; no test depends on it.

usage: bench.py BUILD PEERS [--base DIR] [--repeat N] [--only WORD] [--threads N]

With --base every workload is run in turn with the program that is built in DIR, a checkout of another commit, on the cases
there, and the ratios of processor time are printed, pair by pair, instead of all else.  BUILD has the programs, PEERS the baseline scripts.  Every workload is run N times, in turn with its rivals and, where it is
large, with two threads, and the medians are compared; what two threads can gain where memory is the limit is said by the
triad's lines, which come last.  Writes a table and BUILD/bench.json.  Needs nothing but Python's own library; the baselines
need NumPy."""
import argparse
import glob
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

OU = 'fokker_planck_ou_2d'
ONE_OUTPUT = ['time.output=1', 'output.fields=1', 'claims=[]']


def square(n):
    return f'grid.cells=[{n},{n}]'


# name, case, variant, changes, baseline (arguments of a peer script, or None)
WORKLOADS = [
    *[(f'W1 {n}^2', OU, 'main', [square(n), *ONE_OUTPUT], ['scipy_baseline.py', 'tensor', str(n)] if n < 1024 else None)
      for n in (256, 512, 1024)],
    *[(f'W1 {n}^2, cvode', OU, 'main', [square(n), *ONE_OUTPUT, 'time.integrator=cvode', 'time.rtol=1e-6'],
       ['scipy_baseline.py', 'cn', str(n)] if n < 512 else None) for n in (256, 512)],
    ('rotated double well 256^2, cvode', 'fokker_planck_rotated_well_2d', 'main',
     [square(256), 'time.end=1', 'time.output=1', 'output.fields=1', 'time.integrator=cvode'], None),
    ('rotated double well 512^2, cvode', 'fokker_planck_rotated_well_2d', 'main',
     [square(512), 'time.end=1', 'time.output=1', 'output.fields=1', 'time.integrator=cvode'], None),
    ('OU 128^2 to t = 200', OU, 'long', [], None),
    ('W2 1024 to t = 80', 'fokker_planck_double_well_1d', 'main', [],
     ['scipy_baseline.py', 'bdf', '1024', 'w2']),
    ('OU 64^3, t = 1', 'fokker_planck_ou_3d', 'main', ['grid.cells=[64,64,64]', 'time.end=1', *ONE_OUTPUT], None),
    ('OU 64^3, t = 1, cvode', 'fokker_planck_ou_3d', 'main',
     ['grid.cells=[64,64,64]', 'time.end=1', *ONE_OUTPUT, 'time.integrator=cvode'], None),
    ('OU 128^3, t = 1', 'fokker_planck_ou_3d', 'main', ['grid.cells=[128,128,128]', 'time.end=1', *ONE_OUTPUT], None),
    ('OU 128^3, t = 1, cvode', 'fokker_planck_ou_3d', 'main',
     ['grid.cells=[128,128,128]', 'time.end=1', *ONE_OUTPUT, 'time.integrator=cvode'], None),
    ('IFT 256^2 to t = 1', 'ift_gaussian_2d', 'main', ['time.end=1', 'time.output=1', 'output.fields=1'], None),
]
# What is measured against another commit beside these.
PAIRS = WORKLOADS + [
    ('ift 2-D 256^2 to t = 240', 'ift_gaussian_2d', 'main', [], None),
    ('ift mixture 2-D', 'ift_mixture_2d', None, [], None),
    ('ift 3-D 48^3', 'ift_gaussian_3d', None, ['grid.cells=[48,48,48]'], None),
    ('WFR 128^2', 'hk_boltzmann_gaussian_2d', None, [square(128)], None),
    ('inclusive KL 2-D', 'inclusive_kl_wfr_2d', None, [square(96)], None),
    ('porous medium 2-D', 'porous_medium', '2d', [], None),
    ('kernelised Fisher-Rao', 'kernelised_fisher_rao_1d', None, [], None),
    ('aggregation', 'aggregation_1d', None, [], None),
    ('torus', 'torus_rates_1d', None, [], None),
    ('spherical Hellinger', 'spherical_hellinger_1d', None, [], None),
]
ON_TWO_THREADS = ('W1 512^2', 'W1 512^2, cvode', 'rotated double well 512^2, cvode', 'OU 128^3, t = 1', 'OU 128^3, t = 1, cvode')
STARTS = {'mflow --version': ['--version'],
          'empty run': ['run', f'cases/{OU}', '--quiet', '--set', 'grid.cells=[16,16]', '--set', 'time.end=1e-9', '--set',
                        'time.output=1e-9', '--set', 'output.fields=1e-9', '--set', 'claims=[]']}


def last_json(text):
    for line in reversed(text.splitlines()):
        if line.startswith('{'):
            return json.loads(line)
    raise ValueError('no JSON line in the output')


def run(command, folder=None):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f'exit {done.returncode}')
    return done.stdout


def forget(scratch):
    """So that no run is charged with the removal of the one before."""
    for name in glob.glob(f'{scratch}/*'):
        os.remove(name)


def mflow(build, case, variant, changes, scratch, threads):
    options = [word for change in changes for word in ('--set', change)]
    forget(scratch)
    return json.loads(run([f'{build}/mflow', 'run', '--profile', '--json', '--quiet', '--threads', threads, '-o',
                          f'{scratch}/run', f'cases/{case}', '--variant', variant, *options]))


def errors(build, case, variant, changes):
    """What claims about densities measure, outside of what is timed; they may well fail on a grid they were not made for."""
    options = [word for change in changes if change != 'claims=[]' for word in ('--set', change)]
    done = subprocess.run([f'{build}/mflow', 'verify', '--json', '--quiet', f'cases/{case}', '--variant', variant,
                           *options], capture_output=True, text=True)
    try:
        claims = json.loads(done.stdout)['claims']
    except (ValueError, KeyError):
        return {}
    return {c['name']: c['measured'] for c in claims if c['kind'] == 'density'}


def with_scipy():
    """A Python for the baselines: this one, if it has SciPy, or the system's."""
    has = subprocess.run([sys.executable, '-c', 'import numpy, scipy'], capture_output=True).returncode == 0
    return sys.executable if has else '/usr/bin/python3'


def median(values):
    return statistics.median(values)


def bench_workload(options, row, scratch):
    name, case, variant, changes, baseline = row
    ours, theirs, shared, note = [], [], [], ''
    for _ in range(options.repeat):
        ours.append(mflow(options.build, case, variant, changes, scratch, options.threads))
        if name in ON_TWO_THREADS and options.threads == '1':
            shared.append(mflow(options.build, case, variant, changes, scratch, '2'))
        if baseline and not note:
            try:
                theirs.append(last_json(run([options.python, *baseline], options.peers)))
            except (OSError, RuntimeError, ValueError) as reason:
                note = f'baseline skipped: {reason}'
    wall = median([r['wall_s'] for r in ours])
    result = {'workload': name, 'wall_s': wall, 'peak_mb': median([r['peak_mb'] for r in ours]),
              **{k: ours[0][k] for k in ('steps', 'rate_evaluations', 'newton_iterations', 'krylov_iterations')},
              'share': {k: v / r_total for k, v in ours[0]['parts_s'].items() if v > 0
                        for r_total in [sum(ours[0]['parts_s'].values())]},
              'measured': errors(options.build, case, variant, changes)}
    if shared:
        result['two_threads_wall_s'] = median([r['wall_s'] for r in shared])
        result['two_threads_gain'] = wall / result['two_threads_wall_s']
    if theirs:
        result['baseline'] = ' '.join(baseline)
        result['baseline_wall_s'] = median([r['wall_s'] for r in theirs])
        result['ratio'] = result['baseline_wall_s'] / wall
    elif note:
        result['note'] = note
    return result


def print_row(r):
    share = ', '.join(f'{k} {100 * v:.0f} %' for k, v in sorted(r['share'].items(), key=lambda kv: -kv[1])[:4])
    newton = r['krylov_iterations'] / r['newton_iterations'] if r['newton_iterations'] else 0
    rival = f'{r["baseline_wall_s"]:9.3f} {r["ratio"]:7.1f}' if 'ratio' in r else f'{"-":>9} {"-":>7}'
    error = ', '.join(f'L1 {v:.2g}' for v in r['measured'].values())
    print(f'{r["workload"]:34} {r["wall_s"]:8.3f} {r["peak_mb"]:8.1f} {r["steps"]:6} {r["rate_evaluations"]:7} '
          f'{newton:6.1f} {rival}  {error or "-":12} {share}')
    if 'two_threads_gain' in r:
        print(f'  on two threads {r["two_threads_wall_s"]:.3f} s, {r["two_threads_gain"]:.2f} times as fast')
    if 'note' in r:
        print(f'  {r["note"]}')
    sys.stdout.flush()


def processor_seconds(root, row, scratch, threads):
    """Of one run of a workload by the program that is built in a checkout, on the cases of that checkout."""
    _, case, variant, changes, _ = row
    options = [word for change in changes for word in ('--set', change)] + (['--variant', variant] if variant else [])
    forget(scratch)
    child = subprocess.Popen([f'{root}/build/mflow', 'run', '--quiet', '--threads', threads, '-o', f'{scratch}/run',
                              f'cases/{case}', *options], cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    message = child.stderr.read().decode()
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise RuntimeError(message.strip() or f'wait status {status}')
    return usage.ru_utime + usage.ru_stime


def bench_against(options, row, scratch):
    """A B A B: the ratios of neighbours, so that a machine that is busy for a while burdens both."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    processor_seconds(here, row, scratch, options.threads)
    pairs = [tuple(processor_seconds(root, row, scratch, options.threads) for root in (here, options.base))
             for _ in range(options.repeat)]
    ratios = sorted(a / b for a, b in pairs)
    return {'workload': row[0], 'cpu_s': median([a for a, _ in pairs]), 'base_cpu_s': median([b for _, b in pairs]),
            'ratio': median(ratios), 'least': ratios[0], 'largest': ratios[-1]}


def compare(options):
    subprocess.run(['make', '-C', options.base, '-j2', 'all'], check=True, stdout=subprocess.DEVNULL)
    print(f'{"workload":34} {"CPU s":>8} {"base":>8} {"ratio":>6}  range')
    results = []
    with tempfile.TemporaryDirectory() as scratch:
        for row in PAIRS:
            if options.only in row[0]:
                r = bench_against(options, row, scratch)
                results.append(r)
                print(f'{r["workload"]:34} {r["cpu_s"]:8.3f} {r["base_cpu_s"]:8.3f} {r["ratio"]:6.3f}  '
                      f'{r["least"]:.3f} - {r["largest"]:.3f}', flush=True)
    with open(f'{options.build}/bench_base.json', 'w') as out:
        json.dump(results, out, indent=1)


def bench_starts(options, scratch):
    """Wall time from outside, the dynamic linker included."""
    results = []
    for name, words in STARTS.items():
        times = []
        for _ in range(5 * options.repeat):
            forget(scratch)
            begin = time.perf_counter()
            run([f'{options.build}/mflow', *words, *(['-o', f'{scratch}/run'] if words[0] == 'run' else [])])
            times.append(time.perf_counter() - begin)
        results.append({'workload': name, 'wall_ms': 1e3 * median(times)})
    return results


def gap_of_wells(options, cells, scratch):
    """Processor's seconds of `mflow gap`, the process as a whole, and its answer, of the chain of bench_eigsh.py."""
    case = f'{scratch}/wells.yaml'
    with open(case, 'w') as out:
        out.write('grid: {cells: [256, 256], box: [[-1.7, 1.7], [-1.7, 1.7]], boundary: wall}\n'
                  'target: {potential: "20*((0.8*x + 0.6*y)^2 - 1)^2 + 5*(0.8*y - 0.6*x)^2"}\n'
                  'initial: {density: "1"}\nenergy: kl\n'
                  'geometry: {wasserstein: {coefficient: 1, face_weight: square_root}}\ntime: {end: 1, output: 1}\n')
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = json.loads(run([f'{options.build}/mflow', 'gap', '--json', '--threads', options.threads, case, '--set',
                            square(cells)]))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, found


def bench_gap(options, scratch):
    """`mflow gap` against eigsh(sigma = -1e-3) on the same matrix, in turn, and over twice the cells along each axis."""
    ours, finer, theirs = [], [], []
    result = {'workload': 'gap of turned wells, 20 kT, 256^2'}
    rival = [options.python, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'bench_eigsh.py'), '256', '-1e-3']
    for _ in range(options.repeat):
        ours.append(gap_of_wells(options, 256, scratch))
        finer.append(gap_of_wells(options, 512, scratch)[0])
        try:
            theirs.append(last_json(run(rival)))
        except (OSError, RuntimeError, ValueError) as reason:
            result['note'] = f'eigsh skipped: {reason}'
    found = ours[0][1]
    result.update({'cpu_s': median([t for t, _ in ours]), 'gap': found['gap'],
                   'relative_width': (found['hi'] - found['lo']) / found['hi'],
                   '512^2_cpu_s': median(finer), '512^2_over_256^2': median([b / a for (a, _), b in zip(ours, finer)])})
    if theirs:
        result.update({'eigsh_cpu_s': median([r['cpu_s'] for r in theirs]),
                       'of_eigsh': median([a / r['cpu_s'] for (a, _), r in zip(ours, theirs)]),
                       'eigsh_off_by': abs(theirs[0]['values'][1] / found['gap'] - 1)})
    return [result]


def turned(degrees, along, across):
    """A covariance with these widths, turned."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [[c * c * along**2 + s * s * across**2, c * s * (along**2 - across**2)],
            [c * s * (along**2 - across**2), s * s * along**2 + c * c * across**2]]


def distance_of(options, n, measures):
    """Processor's seconds and what was found on n^2 cells."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = json.loads(run([f'{options.build}/mflow', 'distance', *measures, '--geometry', 'wasserstein', '--json', '--grid',
                            f'{{cells: [{n}, {n}], box: [[0, 1], [0, 1]]}}', '--threads', options.threads]))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, found


def bench_distance(options):
    """W2 of two turned Gaussians, whose distance is known, and POT's exact solver between point masses."""
    exact = 0.0177080805
    words = [json.dumps(w) for w in ([0.44, 0.47], turned(30, 0.055, 0.03), [0.55, 0.54], turned(-40, 0.05, 0.035))]
    measures = [f'{{gaussian: {{mean: {words[i]}, covariance: {words[i + 1]}}}}}' for i in (0, 2)]
    rival = [options.python, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'bench_pot.py')]
    results = []
    for n in (128, 256):
        found = [distance_of(options, n, measures) for _ in range(options.repeat)]
        result = {'workload': f'W2 of turned Gaussians, {n}^2', 'cpu_s': median([t for t, _ in found]),
                  'error': abs(found[0][1]['distance']**2 / exact - 1)}
        try:
            theirs = last_json(run([*rival, str(n), *words])) if n == 128 else None
        except (OSError, RuntimeError, ValueError) as reason:
            theirs, result['note'] = None, f'POT skipped: {reason}'
        if theirs:
            result.update({'pot_cpu_s': theirs['cpu_s'], 'of_pot': result['cpu_s'] / theirs['cpu_s'],
                           'pot_error': abs(theirs['square'] / exact - 1)})
        results.append(result)
    return results


def bench_programs(build):
    """The programs that measure one kernel against the machine, a JSON line per measurement."""
    results = []
    for program in sorted(os.listdir(f'{build}/tests')):
        path = f'{build}/tests/{program}'
        if program.startswith('bench_') and '.' not in program and os.access(path, os.X_OK):
            results += [json.loads(line) for line in run([path]).splitlines() if line.startswith('{')]
    return results


def print_kernels(results):
    for r in results:
        numbers = ', '.join(f'{k} {v:.4g}' if isinstance(v, (int, float)) else f'{k} {v}' for k, v in r.items()
                            if k != 'workload')
        print(f'{r["workload"]:34} {numbers}')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('build')
    parser.add_argument('peers')
    parser.add_argument('--base', type=os.path.abspath)
    parser.add_argument('--repeat', type=int, default=3)
    parser.add_argument('--only', default='')
    parser.add_argument('--threads', default='1')
    options = parser.parse_args()
    options.build = os.path.abspath(options.build)
    if options.base:
        return compare(options)
    options.python = with_scipy()
    print(f'{"workload":34} {"wall s":>8} {"peak MB":>8} {"steps":>6} {"rates":>7} {"Krylov":>6} {"rival s":>9} '
          f'{"ratio":>7}  {"error":12} where the time goes')
    workloads = []
    with tempfile.TemporaryDirectory() as scratch:
        for row in WORKLOADS:
            if options.only in row[0]:
                workloads.append(bench_workload(options, row, scratch))
                print_row(workloads[-1])
        kernels = bench_gap(options, scratch) if options.only in 'gap of turned wells' else []
        kernels += bench_distance(options) if options.only in 'W2 of turned Gaussians' else []
        if not options.only:
            kernels += bench_starts(options, scratch) + bench_programs(options.build)
    print_kernels(kernels)
    with open(f'{options.build}/bench.json', 'w') as out:
        json.dump({'workloads': workloads, 'kernels': kernels}, out, indent=1)


main()
