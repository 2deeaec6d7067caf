/* sim/build_id.h - which program made a log: 16 hex digits over sources, compiler and flags. Two binaries with one id
 * re-simulate each other's logs bit for bit. */
#ifndef SIM_BUILD_ID_H
#define SIM_BUILD_ID_H

const char *build_id(void);

#endif
