#!/bin/sh
# train.sh BINARY WORLDS: makes learned.onnx, its record learned.json and the picture of its training anew (some five minutes
# of one processor) from BARN's worlds.txt, less the numbers with n mod 6 = 3, and from the built-in scenarios. The same
# program gives the same bytes.
set -eu
binary=$(realpath "$1") worlds=$(realpath "$2") here=$(cd "$(dirname "$0")/../.." && pwd) scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM
cd "$scratch" # so that the record holds no path of this machine
mkdir -p nav/policies
ln -s "$worlds" worlds.txt
"$binary" train nav/policies/learned.onnx 'worlds.txt#1-298/6' 'worlds.txt#4-298/12' 'worlds.txt#2-296/12' office corridor \
    clutter glass wet-floor office clutter wet-floor --rounds 5 --epochs 12 --evaluate 'worlds.txt#5-299/24' \
    --evaluate office --evaluate corridor --evaluate clutter --evaluate glass --evaluate wet-floor --evaluate-seeds 2 \
    --plot learned.png
cp nav/policies/learned.onnx nav/policies/learned.json "$here/nav/policies/"
cp learned.png "$here/nav/policies/"
