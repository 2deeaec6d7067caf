#include "sim/build_id.h"

#include "build_id.h"

const char *build_id(void) { return BUILD_ID; }
