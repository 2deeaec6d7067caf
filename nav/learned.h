/* nav/learned.h - the bytes of nav/policies/learned.onnx, put into the program by nav/policies/embed.sh. */
#ifndef NAV_LEARNED_H
#define NAV_LEARNED_H

#include <stddef.h>

extern const unsigned char learned_onnx[];
extern const size_t learned_onnx_size;

#endif
