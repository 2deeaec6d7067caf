/* nav/brought.h - policies that people bring: a shared object, a network, or a process of their own.
 *
 *   mine.so              a C file of theirs (nav/policy.h, POLICY_PLUGIN)                  policy_library.c
 *   mine.onnx            a network with named inputs                                       policy_network.c
 *   ipc://PATH, tcp://127.0.0.1:PORT   anything that answers questions over ZeroMQ         policy_process.c
 * Each becomes a struct policy like any other, owned by whoever opened it and freed by its own close. A file's policy
 * is called by its name and the beginning of its SHA-256, "mine.onnx#1a2b3c4d": two versions are two policies. */
#ifndef NAV_BROUGHT_H
#define NAV_BROUGHT_H

#include "nav/policy.h"

enum brought { BROUGHT_NOT, BROUGHT_LIBRARY, BROUGHT_NETWORK, BROUGHT_PROCESS };

/* By its form alone: *.so, *.onnx (both also with #hash), an endpoint; anything else is a built-in's name. */
enum brought brought_kind(const char *what);

enum { BROUGHT_NAME_MAX = 96 };
/* The name of a file's policy: without folder, with its hash. */
void brought_name(char name[BROUGHT_NAME_MAX], const char *path, const char *sha256);

/* Loads the file at `path` into this process. STATUS_IO if it cannot be loaded, STATUS_VERSION for another ABI (says
 * expected and found), STATUS_BAD_INPUT for a descriptor that makes no sense. */
MUST_USE const struct policy *policy_library_open(const char *name, const char *path, struct error *err);

/* Inputs are found by name: rows of nav/features.h, and "state" (zeros at the start, then the last "state_out").
 * Outputs: "command" (speed, turn rate), and if it likes "state_out" and "confidence" (without it: the share of its
 * senses that show something). Fails with names and shapes, expected and found. `bytes` are borrowed during the call;
 * outside data of a network are not read. */
MUST_USE const struct policy *policy_network_open(const char *name, const uint8_t *bytes, size_t size,
                                                  struct error *err);

/* --- a process ------------------------------------------------------------------------------------------------
 * It is asked once a tick, with a message of three parts: a line of JSON (below), the depth image as float32 and the
 * colour image as RGB bytes (either may be empty); and answers with one line of JSON:
 *     {"v": 0.4, "w": -0.2, "confidence": 0.9, "reason": "following the wall"}     v and w needed; m/s, rad/s
 * The question:
 *     {"tick", "time_s", "pose": [x, y, yaw], "velocity": [v, w], "last": [v, w], "goal": [x, y] in the robot's frame,
 *      "goal_tolerance_m", "path": [[x, y], ...] in the robot's frame, next 4 m, "limits": {"max_v", "min_v", "max_w",
 *      "max_a", "max_alpha"}, "scan": {"first_rad", "step_rad", "ranges": [..., null for no return]},
 *      "image": {"width", "height"}, "tracks": [{"id", "at": [x, y], "velocity": [vx, vy], "radius_m"}],
 *      "localised", "bumper"} */
struct policy_answer {
    bool valid;          /* false: there is none, or none that can be used; `reason` says why */
    struct twist2 wish;
    double confidence;
    char reason[120];
};
struct policy_question {
    uint64_t tick;       /* from 1, of this policy */
    const char *text;
    size_t size;
    const float *depth_m;
    const uint8_t *rgb;
    size_t pixels;
    double deadline_s;   /* of wall time: how long the episode waits */
};
/* How a question reaches it. The answer is an input to the episode like an operator's command: whoever asks logs it,
 * and takes it from the log when the episode is repeated. */
struct policy_line {
    void (*ask)(void *self, const struct policy_question *question, struct policy_answer *answer);
    void *self;
};
MUST_USE const struct policy *policy_process_open(const char *endpoint, struct policy_line line, struct error *err);

/* Reads an answer's text: bytes of a stranger. False with the reason in *answer. */
bool policy_answer_read(const char *text, size_t size, struct policy_answer *answer);

#endif
