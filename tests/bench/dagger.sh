#!/bin/sh
# dagger.sh BINARY: compounding error, measured. Cloning against DAgger (Ross, Gordon & Bagnell 2011) on the same number of
# samples, as a Markdown table and a picture: build/dagger.md, build/dagger.png. Some five minutes of one core.
#
# Fair: both have the same expert, network, epochs, first weights and first round; each round adds as many samples, labelled
# by the expert. They differ in who drives there: always the expert, or more and more the network. TRIALS=4 trainings with
# seeds of their own, each judged in WORLDS=30 fields of pillars that nobody has trained in.
#
# Not hidden: the shield is off, no recovery helps, a touch ends the episode, and the network does not see the plan (row
# "path"). The planner plans anew from wherever the robot is, which is a feedback that leads even a poor imitator back.
set -eu
binary=$1
mkdir -p build
rm -f build/dagger.png
"$binary" train build/dagger.onnx clutter --compare --trials "${TRIALS:-4}" --rounds 6 --samples 2000 --seeds 12 \
    --expert vfh --rows lidar=36,goal,velocity,limits --hidden 128,128 --epochs 30 --batch 64 --dropout 0 \
    --held-out 0.2 --shield off --set recovery.enabled=off --set contact_ends=true --set time_limit_s=30 \
    --evaluate clutter --evaluate-seeds "${WORLDS:-30}" --plot build/dagger.png | tee build/dagger.txt
[ -e build/dagger.png ] || exit 3 # a pipeline's status is that of tee
sed -n '/^|/p; /^Of /{i\

p}' build/dagger.txt >build/dagger.md
