#!/bin/sh
# barn.sh BINARY WORLDS [POLICY]...: how policies do on the BARN worlds of a file (as in README's figures).
#
#   SET=test (default)  world numbers with n mod 6 = 3, those that nothing was tuned on;  SET=dev  the others
#   SEEDS=10 runs each, JOBS=2 at a time, EVERY=n takes every n-th world of the set, ARGS='...' goes to every run,
#   ROWS=file keeps each run's result (JSON, one a line)
#
# The rules are the file's: 2 m/s, any contact ends the run, the clock starts after 0.1 m, success is within 1 m of the
# goal. Lidar: 360 degrees, 10 m. Camera and depth are left out: upright cylinders show them nothing that the lidar misses.
set -u
[ $# -ge 2 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
binary=$1 worlds=$2; shift 2
[ -r "$worlds" ] || { echo "barn.sh: cannot read $worlds" >&2; exit 3; }
[ $# -gt 0 ] || set -- mppi dwa
rows=${ROWS:-$(mktemp)}
[ -n "${ROWS:-}" ] || trap 'rm -f "$rows"' EXIT INT TERM
awk -v set="${SET:-test}" -v every="${EVERY:-1}" -v seeds="${SEEDS:-10}" -v policies="$*" '
    $1 == "W" && ($2 % 6 == 3) == (set == "test") && n++ % every == 0 {
        m = split(policies, policy, " ")
        for (i = 1; i <= m; i++) for (seed = 1; seed <= seeds; seed++) print $2, seed, policy[i]
    }' "$worlds" |
    xargs -P "${JOBS:-2}" -L 1 sh -c \
        'nice "$0" run "$1#$3" --seed "$4" --policy "$5" --json --without camera --without depth $2; [ $? -le 1 ] || exit 255' \
        "$binary" "$worlds" "${ARGS:-}" >"$rows" || exit 3
python3 - "$rows" "${SET:-test}" <<'PYTHON'
import collections, json, sys
runs = collections.defaultdict(list)
for line in open(sys.argv[1]):
    run = json.loads(line)
    runs[run["policy"]].append(run)
print(f"{'policy':10} {'worlds':>7} {'runs':>5} {'success':>8} {'collision':>9} {'timeout':>8} {'score':>7} {'time':>7} {'SPL':>6}"
      f" {'clearance':>9} {'NEAR':>5}   ({sys.argv[2]} set)")
for policy, all_ in sorted(runs.items()):
    def hit(run): return any(run["violations"][c] for c in ("COL1", "COL2", "COL3"))
    good = [run for run in all_ if run["success"] and not hit(run)]
    bad = sum(map(hit, all_))
    n, mean = len(all_), lambda values: sum(values) / max(1, len(values))
    print(f"{policy:10} {len({run['scenario'] for run in all_}):7} {n:5} {100 * len(good) / n:7.1f}% {100 * bad / n:8.1f}%"
          f" {100 * (n - len(good) - bad) / n:7.1f}% {sum(run['barn_score'] for run in good) / n:7.4f}"
          f" {mean([run['clock_s'] for run in good]):6.2f}s {mean([run['spl'] if run in good else 0 for run in all_]):6.3f}"
          f" {mean([run['min_clearance_m'] for run in good]):8.3f}m {sum(run['violations']['NEAR'] > 0 for run in all_):5}")
    for run in all_:
        if run not in good or run["barn_score"] < 0.3:
            print(f"    {run['scenario']} seed {run['seed']}: {run['detail']}, {run['clock_s']:.1f} s", file=sys.stderr)
PYTHON
