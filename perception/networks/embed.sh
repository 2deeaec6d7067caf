#!/bin/sh
# embed.sh FILE.onnx: prints a C source that holds its bytes (perception/seeing.h).
printf '#include "perception/seeing.h"\nconst unsigned char seeing_onnx[] = {'
od -An -v -tu1 "$1" | sed 's/  *\([0-9][0-9]*\)/\1,/g'
printf '};\nconst size_t seeing_onnx_size = sizeof seeing_onnx;\n'
