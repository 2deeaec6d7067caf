/* perception/witness.h - wheels, gyro, scans and the command, each asked alone how the robot moved.
 *
 * Each witness keeps a running sum (metres driven, radians turned) by stamp; a window's motion is a difference of two
 * of them. What all say about the same second is compared by trust.c. */
#ifndef PERCEPTION_WITNESS_H
#define PERCEPTION_WITNESS_H

#include "perception/scan_motion.h"

enum { TALLY_MARKS = 256, WITNESS_SCANS = 16 };
#define WITNESS_WINDOW_S 1.0

struct tally_mark {
    int64_t stamp_ns;
    double driven_m, turned_rad; /* since the beginning */
    struct twist2 rate;
};
struct tally {
    struct tally_mark marks[TALLY_MARKS]; /* ring; the newest is marks[(count - 1) % TALLY_MARKS] */
    uint64_t count;
};

struct witness {
    struct tally wheels, gyro, command;
    struct scan_step scans[WITNESS_SCANS]; /* ring */
    uint64_t scan_count;
    double wandered; /* metres and radians that wheels and gyro have seen, without sign: has it moved at all? */
};

void witness_start(struct witness *witness);
/* The rate since the last call is taken to have been constant. Older stamps are left out. */
void witness_wheels(struct witness *witness, int64_t stamp_ns, struct twist2 twist);
void witness_gyro(struct witness *witness, int64_t stamp_ns, double w_radps);
void witness_command(struct witness *witness, int64_t stamp_ns, struct twist2 command); /* in force from then on */
void witness_scan(struct witness *witness, const struct scan_step *step);

struct account { /* of one window */
    bool has_wheels, has_gyro, has_scan, has_forward; /* forward: the scans see along the heading, too */
    double span_s;
    int64_t from_ns, to_ns;
    double wheels_m, wheels_rad, gyro_rad, scan_m, scan_rad;
};
/* The window that ends with the newest scan if scans fit each other, else with the newest that both others know. */
struct account witness_account(const struct witness *witness, int64_t now_ns);

/* The same of one step from scan to scan: the newest (0), or so many before. False: it is not kept. */
bool witness_step(const struct witness *witness, uint64_t before, struct account *out);

/* The mean rates over the last span_s that wheels and gyro both know. */
bool witness_recent(const struct witness *witness, double span_s, int64_t *from_ns, int64_t *to_ns, struct twist2 *out);

/* The mean rate that was commanded and the range it had within it, over from_ns .. to_ns. False: not known
 * throughout. */
struct commanded {
    struct twist2 mean, least, most;
};
bool witness_commanded(const struct witness *witness, int64_t from_ns, int64_t to_ns, struct commanded *out);

/* The latest motion by scans, as a rate; false if it is older than age_s or the scans do not see along. */
bool witness_scan_rate(const struct witness *witness, int64_t now_ns, double age_s, struct twist2 *out);
uint64_t witness_hash(const struct witness *witness, uint64_t hash);

#endif
