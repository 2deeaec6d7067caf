#include "sim/build_id.h"

#include "build_id_value.h"

const char *build_id(void) { return BUILD_ID; }
