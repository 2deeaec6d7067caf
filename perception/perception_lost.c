#include "perception/perception_inside.h"

#define STRANGE_SHARE 0.65  /* of what the map usually explains: a scan that has less is no scan of this place, ... */
#define STRANGE_THROUGH 0.1 /* ... nor one of which so much more than usual would have passed through walls */
#define USUAL_LEARNT 0.02   /* of a scan's share: five seconds are remembered */
#define FOUND_SHARE 0.95    /* of the particles near each other */
#define EXPLAINED_MIN 0.5   /* of the beams, there */
#define THROUGH_MAX 0.05    /* of the beams may seem to pass through walls there */
enum {
    FINDS_MIN = 6,     /* generations in a row that agree on one place: the robot is there */
    NOWHERE_MAX = 8,   /* ... of which none is a place: the right one was missed */
    GENERATIONS_MAX = 80,
};

/* What is known by place means nothing any more. */
static void change_frame(struct perception *perception, const struct static_map *map)
{
    mapper_restart(&perception->mapper, map);
    tracker_forget(&perception->tracker);
    perception->keepout.waits = false;
    perception->misfits = 0;
}

static void search_anew(struct perception *perception)
{
    particles_spread(perception->particles);
    perception->searched = ekf_pose(&perception->ekf);
    perception->finds = perception->nowhere = 0;
}

/* The pose goes on from the middle of the grid, so that there is room on all sides for what will be seen. */
void perception_lose(struct perception *perception)
{
    const struct grid *grid = &perception->mapper.grid;
    struct pose2 believed = ekf_pose(&perception->ekf);
    double width_m = grid->width * grid->resolution_m, height_m = grid->height * grid->resolution_m;
    const double anywhere[9] = {square(width_m) / 12, 0, 0, 0, square(height_m) / 12, 0, 0, 0, square(PI) / 3};
    struct pose2 middle = {grid->origin.x + width_m / 2, grid->origin.y + height_m / 2, 0};
    bool suspects = perception->was_matched;
    ekf_place(&perception->ekf, middle, anywhere);
    perception->lost = true;
    perception->was_matched = false;
    change_frame(perception, NULL);
    search_anew(perception);
    if (suspects)
        particles_suspect(perception->particles, believed);
}

bool perception_may_search(const struct perception *perception)
{
    const struct health_log *lidar = &perception->trust.logs[SENSOR_LIDAR];
    for (int i = 0; i < HEALTH_RULE_COUNT; i++)
        if (lidar->rules[i].in_force && health_rules[i].state == HEALTH_BAD && i != RULE_MAP)
            return false;
    return !lidar->is_bad;
}

/* The share of beams that would have passed through walls; a quarter of them is asked. */
static double through_walls(const struct perception *perception, struct pose2 pose)
{
    struct vec2 beams[BEAMS_MAX / 4 + 1];
    size_t count = 0;
    for (size_t i = 0; i < perception->lidar.count; i += 4)
        beams[count++] = perception->lidar.points[i];
    return match_through(perception->match, beams, count, pose);
}

void perception_doubt_place(struct perception *perception, struct pose2 pose, bool fits)
{
    double share = perception->match_score, through = through_walls(perception, pose);
    if (isnan(perception->usual_share)) {
        perception->usual_share = share;
        perception->usual_through = through;
    }
    bool strange = share < STRANGE_SHARE * perception->usual_share ||
                   through > perception->usual_through + STRANGE_THROUGH;
    if (fits && !strange) {
        perception->misfits = 0;
        perception->usual_share += USUAL_LEARNT * (share - perception->usual_share);
        perception->usual_through += USUAL_LEARNT * (through - perception->usual_through);
    } else if (++perception->misfits >= MISFITS_LOST && perception->belief.sensors[SENSOR_LIDAR].weight == 1) {
        perception_lose(perception); /* not by a lidar that is doubted itself */
    } else if (perception->misfits % MISFITS_MAX == 0) {
        ekf_doubt(&perception->ekf, 0.1, 0.05);
    }
}

/* Here it is: the particles' place, put right by the scan as the EKF will have it. */
static void find(struct perception *perception, struct pose2 since, const struct match_result *result,
                 const double covariance[9])
{
    ekf_place(&perception->ekf, pose2_compose(result->pose, since), covariance);
    perception->lost = false;
    perception->was_matched = true;
    perception->usual_share = (double)NAN;
    particles_forget(perception->particles);
    change_frame(perception, &perception->map);
}

void perception_search(struct perception *perception, struct pose2 since)
{
    struct particles *particles = perception->particles;
    struct pose2 pose = perception_pose_before(perception, since), moved = pose2_between(perception->searched, pose);
    if (!perception_may_search(perception))
        return;
    perception->searched = pose;
    particles_move(particles, moved);
    if (!particles_weigh(particles, perception->lidar.points, perception->lidar.count))
        return;
    struct particles_place place = particles_place(particles);
    struct match_noise noise = perception_scan_noise(perception);
    const double rough[9] = {square(0.1), 0, 0, 0, square(0.1), 0, 0, 0, square(0.05)};
    struct match_result result = match_scan(perception->match, perception->lidar.points, perception->lidar.count,
                                            place.pose, rough, &noise);
    perception->match_score = result.share;
    bool is_place = result.verdict == MATCH_ACCEPTED && result.share >= EXPLAINED_MIN &&
                    through_walls(perception, result.pose) <= THROUGH_MAX;
    bool settled = particles_settled(particles);
    perception->finds = settled && is_place && place.share >= FOUND_SHARE ? perception->finds + 1 : 0;
    perception->nowhere = settled && !is_place ? perception->nowhere + 1 : 0;
    if (perception->finds >= FINDS_MIN)
        find(perception, since, &result, rough);
    else if (perception->nowhere >= NOWHERE_MAX || particles_generation(particles) >= GENERATIONS_MAX)
        search_anew(perception);
}
