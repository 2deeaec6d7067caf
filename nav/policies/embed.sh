#!/bin/sh
# embed.sh FILE.onnx: prints a C source that holds its bytes (nav/learned.h).
printf '#include "nav/learned.h"\nconst unsigned char learned_onnx[] = {'
od -An -v -tu1 "$1" | sed 's/  *\([0-9][0-9]*\)/\1,/g'
printf '};\nconst size_t learned_onnx_size = sizeof learned_onnx;\n'
