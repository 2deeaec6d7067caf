#!/bin/sh
# Nothing lost: a recording is killed with SIGKILL at 50 random moments. Each time the recovered log must be complete, its messages the
# first ones of the same episode recorded undisturbed, and as many as the simulator had handed over.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { echo "python3 is not here to send the signals"; exit 77; }
"$B" run corridor --seed 3 --log whole.mcap >/dev/null
cat >kill.py <<'END'
import json, os, random, signal, struct, subprocess, sys, time
program, rounds = sys.argv[1], 50
random.seed(7)

def cat(path):
    out = subprocess.run([program, "log", "cat", path, "--items", "4"], stdout=subprocess.PIPE, check=True).stdout
    return sorted(out.splitlines())

def handed_over(path):  # what the simulator had put: the count in the sidecar's head, and what the log held before
    with open(path + ".open", "rb") as file:
        magic, _, _, _, _, head, put = struct.unpack("<8s6Q", file.read(56))
    return put if magic[:7] == b"BNLOPEN" else None

started = time.time()
whole_process = subprocess.run([program, "run", "corridor", "--seed", "3", "--log", "timed.mcap"], stdout=subprocess.DEVNULL)
duration = time.time() - started
whole = set(cat("whole.mcap"))
lost = journaled = beside = killed = 0
for n in range(3 * rounds):
    if killed == rounds:
        break
    path = "kill.mcap"
    for name in (path, path + ".open", "back.mcap"):
        if os.path.exists(name):
            os.unlink(name)
    process = subprocess.Popen([program, "run", "corridor", "--seed", "3", "--log", path], stdout=subprocess.DEVNULL)
    time.sleep(random.uniform(0.1, 0.85) * duration)
    process.send_signal(signal.SIGKILL)
    process.wait()
    if not os.path.exists(path + ".open"):
        continue  # killed before the recording began, or after its end
    put = handed_over(path)
    if put is None:
        continue  # the same
    killed += 1
    result = subprocess.run([program, "log", "recover", "--json", path, "back.mcap"], stdout=subprocess.PIPE)
    report = json.loads(result.stdout)
    if result.returncode or not report["complete"]:
        print(f"not ok - round {n}: exit {result.returncode}, {report}")
        lost += 1
        continue
    if report["messages"]:
        messages = cat("back.mcap")
        if len(messages) != report["messages"] or len(set(messages)) != len(messages) or report["gaps"] or any(line not in whole for line in messages):
            print(f"not ok - round {n}: messages that the undisturbed run does not have")
            lost += 1
    if not put <= report["messages"] <= put + 1:
        print(f"not ok - round {n}: {put} handed over, {report['messages']} recovered")
        lost += abs(put - report["messages"])
    journaled += put
    beside += report["from_sidecar"]
print(f"figure: killed {killed} times while recording, {lost} of {journaled} messages lost ({beside} were only beside the log)")
sys.exit(0 if lost == 0 and killed == rounds else 1)
END
check "50 kills lose nothing" python3 kill.py "$B"
done_testing
