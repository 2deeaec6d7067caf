#!/bin/sh
# train.sh BINARY: makes labels.onnx, its record labels.json and the picture of its training anew, from generated rooms
# (rooms.yaml) and some of the built-in scenarios. Office, warehouse, wet-floor and dark are not among them: tests look at
# those. The same program gives the same bytes.
set -eu
binary=$(realpath "$1") here=$(cd "$(dirname "$0")" && pwd) scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM
cd "$scratch" # so that the record holds no path of this machine
cp "$here/rooms.yaml" .
r4='rooms.yaml rooms.yaml rooms.yaml rooms.yaml'
# shellcheck disable=SC2086
"$binary" train labels.onnx $r4 $r4 $r4 $r4 corridor clutter crowd glass maze doorway low-boxes blind-corner \
    --labels --seeds 40 --pictures 14 --epochs 20 --plot labels.png
cp labels.onnx labels.json labels.png "$here/"
