/* sim/fault.h - what goes wrong, when, and for how long: one table, and a list of faults in force per episode.
 *
 * A fault is a target, a kind, an amount, an onset, a duration and a recovery. As text, everywhere the same:
 *
 *     lidar:bias=0.2@5+10~2   ranges are 0.2 m too long from second 5 on, for 10 s, then less and less for 2 s
 *     camera:drop             the camera says nothing any more, from now on
 *
 * `=amount`, `@onset`, `+duration` and `~recovery` are in seconds but for the amount, and may be left out: the amount
 * where the kind has a usual one, the onset means at once, the duration for ever, the recovery none.
 *
 * Strength is 0 before the onset, 1 until the duration is over, then falls in a straight line to 0 over the recovery.
 * What has a size is as large as strength says; what can only be or not be (freeze, blackout, flip, swap, stale_stamp,
 * hang) happens with that probability, message by message. A message counts at the time it is sampled, a command when
 * it leaves the policy.
 *
 * Several faults are applied in the order of their declaration, each to what the one before made of the message. Each
 * draws from a stream of its own ("fault.lidar.noise.0": the episode's seed, target, kind, how many of that pair came
 * before). What a fault remembers is part of the state hash; without faults the hash is what it is without this
 * file. */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include "logs/geometry.h"
#include "logs/journal.h"
#include "logs/seed.h"
#include "perception/belief.h"

/* A sensor's value of enum sensor, or one of these. */
enum fault_target {
    FAULT_ACTUATOR = SENSOR_COUNT, /* the way from decision to wheels, and the drive */
    FAULT_CLOCK,                   /* what the sensors take the time from: their stamps */
    FAULT_LINK,                    /* the wire of all sensors and of the actuator */
    FAULT_POLICY,                  /* the process that decides */
    FAULT_ROBOT,                   /* its body */
    FAULT_TARGETS,
};

/*    enumerator    name           what it does */
#define FAULT_KINDS(X)                                                                                                 \
    X(DELAY, "delay", "comes so much later; the policy: thinks so much longer")                                        \
    X(JITTER, "jitter", "comes up to so much later, drawn for each; may overtake")                                     \
    X(DROP, "drop", "so large a share never comes")                                                                    \
    X(FREEZE, "freeze", "says again and again what it said at the onset, with new stamps; the clock: stands still")    \
    X(STALE_STAMP, "stale_stamp", "says what is new with the stamp of the onset")                                      \
    X(BIAS, "bias", "reads so much too much; the clock: is so much ahead")                                             \
    X(DRIFT, "drift", "reads more and more too much, by so much a second")                                             \
    X(NOISE, "noise", "reads with so much gaussian noise on top (sigma)")                                              \
    X(SCALE, "scale", "reads so many times what is: 100 is centimetres for metres")                                    \
    X(STUCK, "stuck", "so large a share of beams, pixels or sectors keeps the value of the onset")                     \
    X(BLACKOUT, "blackout", "says that there is nothing: no return, no light, no motion; the actuator: stands")        \
    X(FLIP, "flip", "has the wrong sign")                                                                              \
    X(SWAP, "swap", "has left and right (colour: red and blue; imu: x and y) mixed up")                                \
    X(HANG, "hang", "decides nothing; the last command stays in force")                                                \
    X(KIDNAP, "kidnap", "is put to another free place, at least so far away, once, at the onset")
#define FAULT_KIND_ENUM(id, name, what) FAULT_##id,
enum fault_kind { FAULT_KINDS(FAULT_KIND_ENUM) FAULT_KIND_COUNT };

struct fault_spec {
    int target; /* enum sensor or enum fault_target */
    enum fault_kind kind;
    double amount;    /* in fault_unit; 0 where the kind takes none */
    double from_s;    /* simulated time; negative: at once */
    double for_s;     /* infinite: for ever */
    double recover_s;
};

/* --- the table ------------------------------------------------------------------------------------------------- */
const char *fault_target_name(int target);
extern const char *const fault_kind_names[FAULT_KIND_COUNT], *const fault_kind_whats[FAULT_KIND_COUNT];
unsigned fault_target_kinds(int target); /* bits over enum fault_kind: those that make sense */

struct fault_range { /* of the amount of a kind on a target */
    double least, most;
    double fallback; /* NaN: must be given */
    const char *unit; /* "" for a share or a factor; NULL: there is no amount */
};
struct fault_range fault_range(int target, enum fault_kind kind);

/* --- text ------------------------------------------------------------------------------------------------------ */
/* STATUS_BAD_INPUT with a sentence that names the column, the nearest name, and what is possible instead. */
MUST_USE enum status fault_parse(const char *text, struct fault_spec *spec, struct error *err);
/* A spec put together from its parts: by name, and an amount of NaN where none was given. */
MUST_USE enum status fault_of(const char *target, const char *kind, double amount, struct fault_spec *spec,
                              struct error *err);
enum { FAULT_TEXT = 112 };
void fault_text(const struct fault_spec *spec, char text[FAULT_TEXT]); /* that fault_parse reads back */

/* --- faults of an episode -------------------------------------------------------------------------------------- */
enum { FAULTS_MAX = 64 };
struct faults;
struct faults *faults_create(uint64_t seed);
void faults_destroy(struct faults **faults);

/* STATUS_BAD_INPUT if it would be over already, or there are FAULTS_MAX. */
MUST_USE enum status faults_add(struct faults *faults, const struct fault_spec *spec, int64_t now_ns,
                                struct error *err);
/* Ends (into their recovery) all that match: "" all, "lidar", "lidar:bias", or a whole text as it was given.
 * STATUS_BAD_INPUT if none does. */
MUST_USE enum status faults_clear(struct faults *faults, const char *which, int64_t now_ns, struct error *err);

/* Publishes what began or ended by now_ns: on /binnacle/faults and in the log. Before what it concerns. */
void faults_tell(struct faults *faults, struct journal *journal, uint64_t tick, int64_t now_ns);

struct fault_outcome {
    int64_t delay_ns; /* more than usual */
    bool dropped, overtakes;
};
/* Do faults look at messages of that sensor at all? */
bool faults_concern(const struct faults *faults, int target);
/* The message, sampled now, as it comes out: `message` is a copy of the topic's struct whose own members may change;
 * what its pointers name stays untouched, they may point into `faults` afterwards (until the next call). */
struct fault_outcome faults_message(struct faults *faults, enum sensor sensor, int64_t now_ns, void *message);
struct fault_outcome faults_command(struct faults *faults, int64_t now_ns, struct twist2 *command);
/* Does the policy decide now? Its decision takes *more_s longer than usual. One call a tick. */
bool faults_policy(struct faults *faults, int64_t now_ns, double *more_s);

/* Is the robot carried away now? True once for every such fault; then *least_m is its amount and *random its stream. */
bool faults_kidnap(struct faults *faults, int64_t now_ns, double *least_m, struct seed_stream **random);

/* The i-th as text, with its onset, in the order of declaration; NULL past the end. */
const char *faults_text(const struct faults *faults, size_t i);
uint64_t faults_hash(const struct faults *faults, uint64_t hash); /* unchanged while there are none */

#endif
