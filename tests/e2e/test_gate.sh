#!/bin/sh
# Replay as a gate: golden episodes, references, reports, exit codes; and the proof that a one-line change is caught and named.
R=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/lib.sh"
E=$R/tests/episodes
cp "$E"/*.mcap "$E/refs.txt" .
set -- *.mcap

# --- the golden episodes are what they were, and cover what there is
exits 0 "$B" check "$@" --refs refs.txt --jobs 2 --junit all.xml --markdown all.md
says out "^$# logs: $# same, 0 differ, 0 damaged"
check "JUnit is valid" python3 "$R/tests/e2e/junit.py" all.xml
says all.md 'passed'
check "at least eight, each under 300 kB" python3 -c '
import glob, os
sizes = {f: os.path.getsize(f) for f in glob.glob("*.mcap")}
assert len(sizes) >= 8 and max(sizes.values()) < 300000, sizes'
"$B" check --once --json "$@" >all.json
check "every scenario, policy and violation class is covered" python3 - "$B" <<'END'
import json, re, subprocess, sys
def names(what):
    return set(subprocess.run([sys.argv[1], "list", what, "--names"], capture_output=True, text=True, check=True).stdout.split())
refs = [line.split() for line in open("refs.txt") if not line.startswith("#")]
rows = [json.loads(line) for line in open("all.json")]
assert {r[0] for r in refs} == {r["log"].removesuffix(".mcap") for r in rows}
violations = {v.split(":")[0] for r in refs for v in r[4].split(",")} - {"-"}
missing = names("violations") - violations
assert not missing, f"violation classes without an episode: {missing}"
for what, key in ("scenarios", "scenario"), ("policies", "policy"):
    assert names(what) <= {r[key] for r in rows}, (what, names(what) - {r[key] for r in rows})
assert {"success", "collision", "timeout", "stopped"} <= {r[3] for r in refs}
END

# --- counterfactuals
exits 0 "$B" check corridor-dwa.mcap --policy dwa
exits 0 "$B" check corridor-dwa.mcap --policy dwa --open-loop
exits 1 "$B" check corridor-dwa.mcap --policy pursuit
says out 'decides otherwise from tick [0-9]+ on'
says out 'metres apart, at seconds'
exits 1 "$B" check corridor-dwa.mcap --policy pursuit --open-loop
exits 1 "$B" check corridor-dwa.mcap --set dwa.speed_weight=0.1

# --- branches
exits 0 "$B" branch corridor-dwa.mcap child.mcap --at 2.5 --policy teleop
says out 'up to tick 50 '
exits 0 "$B" check child.mcap
exits 2 "$B" branch corridor-dwa.mcap child2.mcap --at 1000; says err 'is not among them'
exits 2 "$B" branch corridor-dwa.mcap child2.mcap;           says err '--at 12.5'

# --- references
sed 's/^bump \(.*\)collision/bump \1success  /' refs.txt >wrong.txt
exits 1 "$B" check bump.mcap --refs wrong.txt
says out 'against the reference: outcome success -> collision'
exits 1 "$B" check child.mcap --refs refs.txt;               says out 'not in it yet'
exits 0 "$B" check "$@" --once --refs wrong.txt --update-refs
says out '^bump: outcome success -> collision$'
check "--update-refs writes what it found" cmp refs.txt wrong.txt
exits 0 "$B" check "$@" --once --refs wrong.txt --update-refs
says out 'nothing changed'

# --- bad input
exits 2 "$B" check bump.mcap --update-refs;                  says err '--refs'
exits 2 "$B" check bump.mcap --policy dva;                   says err "dwa"
exits 2 "$B" check bump.mcap --jobs 0;                       says err 'jobs'
exits 3 "$B" check bump.mcap --refs none.txt;                says err 'none.txt'
echo 'bump 1' >short.txt
exits 2 "$B" check bump.mcap --refs short.txt;               says err 'short.txt:1'
echo '* 1' >short.txt
exits 2 "$B" check bump.mcap --tolerance short.txt;          says err 'short.txt:1'
head -c 5000 bump.mcap >noise.mcap
printf 'not a log' >'bad <&"name".mcap'
exits 3 "$B" check bump.mcap 'bad <&"name".mcap' --junit bad.xml --markdown bad.md
says out 'DAMAGED'
check "JUnit is valid, with an error and a name full of specials" python3 "$R/tests/e2e/junit.py" bad.xml
says bad.xml 'errors="1"'
GITHUB_ACTIONS=true "$B" check bump.mcap --refs short.txt >out 2>err
GITHUB_ACTIONS=true "$B" check bump.mcap --policy dwa >out 2>err
says out '^::error file=bump.mcap'

for row in '5 fly' '0 estop' 'x estop' '5..1/2 estop' '5 teleop 1' '5 teleop 1 b' '5'; do
    echo "$row" >bad.script
    exits 2 "$B" run corridor --script bad.script;           says err 'bad.script:1: '
done
printf '# one\n3 policy dva\n' >bad.script
exits 2 "$B" run corridor --script bad.script;               says err "bad.script:2: .*dwa"

# --- a change of one weight is caught by a rebuilt program, with tick, field and values; undone, it passes again
config=${BINNACLE_BUILD##*/}
knobs=
case $config in *sanitize*) knobs="SANITIZE=address,undefined" ;; esac
case $config in *clang*) knobs="$knobs CC=clang" ;; esac
mkdir -p tree/build
cp -a "$R/Makefile" "$R/logs" "$R/perception" "$R/nav" "$R/sim" "$R/tui" tree/
cp -a "$R/build/flags.mk" "$BINNACLE_BUILD" tree/build/
rebuild() { # shellcheck disable=SC2086
    make -s -C tree $knobs BUILD="build/$config" "build/$config/binnacle" >make.out 2>&1 || { cat make.out; return 1; }; }
weight='WEIGHT("speed", CRITIC_SPEED, '
check "the weight is where this test expects it" grep -q "$weight" tree/nav/policy_dwa.c
cp tree/nav/policy_dwa.c policy_dwa.c
sed -i "s/$weight[0-9.]*/${weight}0.1/" tree/nav/policy_dwa.c
check "it builds" rebuild
exits 1 tree/build/"$config"/binnacle check corridor-dwa.mcap bump.mcap --refs refs.txt --junit change.xml
says out '^corridor-dwa.mcap +DIFFERS +differs at tick [0-9]+: /[a-z_/]+ [a-z_.]+.*: logged .*, re-simulated '
says out '^bump.mcap +same '
says out 'only one build promises the same bits'
check "JUnit is valid, with a failure" python3 "$R/tests/e2e/junit.py" change.xml
says change.xml 'failures="1"'
cp policy_dwa.c tree/nav/policy_dwa.c
echo '/* another build, the same behaviour */' >>tree/nav/policy_dwa.c
check "it builds" rebuild
exits 0 tree/build/"$config"/binnacle check "$@" --once --refs refs.txt
says out 'bit-exact'
done_testing
