/* sim/scenario.h - an experiment as text: YAML in, one plain struct out.
 *
 * A scenario says what stands where, which robot with which sensors drives from start to goal, who else moves,
 * and how much time there is. `scenario_load` takes a built-in name ("office") or a path. Files it refers to (map
 * yaml and PNG) are looked up beside it. Everything it read is kept (texts, map bytes) in `files`, so that a log
 * can carry the whole experiment: scenario_unpack. What depends on the episode's seed (generators, jitter) is
 * expanded by scenario_expand, not here. Every sentence about the text has file:line:column, one about how things
 * fit together has the file. Unknown keys offer the nearest one. NaN, infinities and out-of-range values are
 * refused; so are more than SCENARIO_SOLIDS_MAX solids. */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "logs/memory.h"
#include "logs/param.h"
#include "perception/perception.h"
#include "sim/fault.h"
#include "sim/shape.h"
#include "sim/spline.h"

enum { SCENARIO_SOLIDS_MAX = 20000, SCENARIO_ZONES_MAX = 32, SCENARIO_FILES_MAX = 64, SCENARIO_LAMPS_MAX = 32 };
enum { SCENARIO_ACTORS_MAX = 128, SCENARIO_CROWD_MAX = 64, WAYPOINTS_MAX = 16, SPLINE_KEYS_MAX = 256 };

struct solid { /* something that stands (mass 0) or can be pushed */
    char name[32];
    struct shape shape; /* BOX, CYLINDER, SPHERE, CAPSULE, HULL (a ramp), HEIGHTFIELD */
    struct pose3 pose;  /* centre, map frame */
    int material;       /* sim/material.h */
    int texture;        /* sim/texture.h, counted from 1; 0: the material's */
    double mass_kg;
    bool ground; /* a ramp, a kerb: driven on, no obstacle */
};

struct lamp { /* a point of light, map frame */
    char name[32];
    struct vec3 at;
    double power;     /* its light at 1 m, 1 is full; falls with the square of the distance */
    double colour[3]; /* red, green, blue: 0..1 */
};

struct zone { /* an axis-aligned rectangle of floor, map frame */
    char name[32];
    double x0_m, y0_m, x1_m, y1_m;
    bool keep_out;
    double speed_limit_mps; /* infinite: none */
    double friction;        /* of the floor there; negative: as everywhere */
    bool painted;           /* yellow paint: the camera sees it */
};

enum actor_kind { ACTOR_WALKER, ACTOR_PEDESTRIAN, ACTOR_CHILD, ACTOR_CART, ACTOR_DOOR, ACTOR_KIND_COUNT };

struct door { /* a leaf that swings about its hinge or slides back along itself */
    struct vec2 hinge;  /* the end that a swing turns about; of a sliding one the end it disappears behind */
    double yaw_rad;     /* from there along the closed leaf */
    double swing_rad;   /* to the left if positive; 0: it slides */
    double move_s;      /* from closed to open */
    double open_s, closed_s; /* how long it rests; closed_s not if near_m */
    double near_m; /* > 0: opens when somebody is this near to the doorway's middle, closes open_s after the last */
};

struct actor { /* something that moves by itself, whatever pushes it (sim/actor.h) */
    char name[32];
    enum actor_kind kind;
    double radius_m, height_m; /* people: of a capsule; cart: of a cylinder */
    struct vec3 size_m;        /* cart, door: of a box instead, x along its way or leaf; zeros: none */
    int material;
    /* people: waypoints, there and back; a child once */
    struct vec2 waypoints[WAYPOINTS_MAX];
    int waypoint_count;
    double speed_mps, pause_s;
    bool yields;        /* walker: stops for whoever is within 0.6 m ahead */
    size_t group;       /* pedestrian: index of its group's first (the others follow it); its own if alone */
    struct vec2 offset; /* pedestrian: where it starts, from the first waypoint */
    double trigger_m, trigger_s; /* child: runs when a robot is this near, or at this time; infinite: not for that */
    /* cart: on a spline by the clock, for nobody's sake */
    struct spline *spline; /* owned by the scenario */
    struct door door;
};

enum { SCENARIO_ROBOTS_MAX = 7 }; /* beside the scenario's own */
struct robot_agent { /* a further robot: the same body, its own task and driver (sim/companion.h) */
    char name[32];
    struct pose2 start;
    struct vec2 goal;
    char policy[32], shield[8];
    bool patrol; /* at the goal it turns round for its start, and so on */
};

/* Members of the four structs below are rows of param tables (scenario_section_table): section.key in the file
 * and in --set. */
struct robot_config {
    double length_m, width_m, height_m, mass_kg, com_z_m;
    double wheel_radius_m, wheel_base_m, wheel_x_m, wheel_friction;
    double max_v_mps, min_v_mps, max_w_radps, max_a_mps2, max_alpha_radps2, max_torque_nm;
    double latency_s, jitter_s; /* of the way from decision to wheels (sim/actuator.h) */
    double wheel_base_scale, no_load_radps;
    double battery_full_v, battery_empty_v, battery_ohm, battery_ah, battery_charge, idle_a;
    char urdf[128], left_wheels[256], right_wheels[256], base_link[64];
};
struct lidar_config {
    bool enabled;
    double latency_s, jitter_s;
    double rate_hz, range_min_m, range_max_m, noise_m, dropout, x_m, y_m, z_m, yaw_rad;
    int beams, rings;
    double ring_step_rad;
    double grazing_rad, material_dropout, divergence_rad, pulse_m; /* sim/echo.h */
    int echo; /* enum echo_choice */
    bool motion_distortion;
};
enum echo_choice { ECHO_FIRST, ECHO_STRONGEST };
struct camera_config { /* RGB, depth and labels share it */
    bool enabled;
    double latency_s, jitter_s;
    double rate_hz, hfov_rad, x_m, y_m, z_m, pitch_rad, noise, depth_noise, depth_min_m, depth_max_m;
    int width, height;
    double shot_noise, exposure_s, gain, gain_max, dirt_opacity, dirt_size; /* sim/film.h */
    bool auto_exposure;
    int blur_samples, dirt_spots;
    int depth_glass, depth_black, depth_mirror; /* enum depth_of */
    int depth_edge_px;                          /* sim/stereo.h */
    int paint;        /* enum keepout_rule */
    char labels[128]; /* of a network for perception/seeing.h: "shipped" or "", "off", or a file */
};
enum depth_of { DEPTH_OF_SURFACE, DEPTH_OF_NOTHING, DEPTH_OF_BEYOND }; /* what a depth camera reports of a material */
struct imu_config {
    bool enabled;
    double latency_s, jitter_s;
    double rate_hz, gyro_noise_radps, gyro_bias_radps, accel_noise_mps2;
    double accel_bias_mps2, gyro_walk, accel_walk; /* walks: per root second */
};
struct odometry_config {
    bool enabled;
    double latency_s, jitter_s;
    double rate_hz, noise_mps, noise_radps, scale_error; /* scale_error: sigma of each wheel's constant radius error */
};
struct bumper_config {
    bool enabled;
    double latency_s, jitter_s;
    double rate_hz;
};
struct ultrasonic_config { /* a ring of transducers round the body */
    bool enabled;
    double latency_s, jitter_s;
    double rate_hz, fov_rad, range_min_m, range_max_m, z_m, noise_m, dropout, incidence_rad;
    int count;
};
struct world_config {
    double ambient, sun, sun_azimuth_rad, sun_elevation_rad, floor_friction;
    bool shadows;
    int physics_hz; /* a multiple of every sensor's rate and of control_hz */
    int control_hz;
    double policy_latency_s; /* a decision takes so long, and the next one waits for it */
    double wall_height_m;
};
struct clutter_config { /* BARN-style: cylinders on a lattice, filled at random, smoothed, a passage kept open */
    double x0_m, y0_m, x1_m, y1_m, pitch_m, radius_m, height_m, fill;
    int smoothing;
    double passage_m; /* guaranteed width of the widest route */
    double difficulty; /* 0..1 replaces fill and passage_m; negative: does not */
    bool enabled;
};
struct maze_config { /* corridors of one width; start and goal move to the middles of their cells */
    bool enabled;
    double x0_m, y0_m, x1_m, y1_m, corridor_m, wall_m, height_m, loops;
    double difficulty; /* 0..1 replaces corridor_m and loops; negative: does not */
};
struct rooms_config { /* a floor cut into rooms with doors, and furniture in them */
    bool enabled;
    double x0_m, y0_m, x1_m, y1_m, room_m, door_m, wall_m, height_m, furniture;
    double difficulty; /* 0..1 replaces door_m and furniture; negative: does not */
};
enum crowd_model { CROWD_WAYPOINT, CROWD_SOCIAL_FORCE };
struct crowd_config { /* people walking between random points of the bounds */
    bool enabled;
    int model; /* enum crowd_model: walkers or pedestrians */
    int count;
    double speed_mps, speed_jitter_mps;
    double difficulty;  /* 0..1 replaces count and speed_mps; negative: does not */
    double group_share; /* of social-force people who walk with others, two or three together */
};
struct pedestrian_config { /* of all social-force people; formulas in sim/social_force.h */
    double relaxation_s, repulsion_m2ps2, repulsion_range_m, step_s, own_share, wall_m2ps2, wall_range_m;
    double sight_rad, behind, side_rad, haste, notice;
    double group_gaze_radps, group_pull_mps2, group_push_mps2, group_near_m;
};

struct barn_config {
    int world; /* the record's number */
};
struct movingai_config {
    double cell_m; /* 0: as large as fits */
};

struct scenario {
    char name[64], summary[200];
    char policy[32], shield[8]; /* defaults, overridden on the command line */
    double x0_m, y0_m, x1_m, y1_m; /* bounds */
    struct pose2 start;
    struct vec2 goal;
    double goal_tolerance_m, time_limit_s;
    bool map_given; /* does perception get the map? */
    bool start_known; /* is it told where on the map it starts? */
    bool contact_ends;     /* any touch of anything but the floor ends the episode as a collision */
    double clock_from_m;   /* the clock starts once the robot is this far from its start; 0: at once */
    double official_length_m; /* of the benchmark's own reference path; 0: it has none */
    struct robot_config robot;
    struct robot_model *robot_model; /* owned, after expansion; NULL: the robot is what its numbers say */
    struct lidar_config lidar;
    struct camera_config camera;
    struct imu_config imu;
    struct odometry_config odometry;
    struct bumper_config bumper;
    struct ultrasonic_config ultrasonic;
    struct world_config world;
    struct clutter_config clutter;
    struct maze_config maze;
    struct rooms_config rooms;
    struct crowd_config crowd;
    struct barn_config barn, dynabarn;
    struct movingai_config movingai;
    const struct scenario_import *import; /* NULL: it is our own YAML */
    struct pedestrian_config pedestrians;
    struct arena shapes;  /* owns the solids' vertices and heights */
    struct solid *solids; /* owned; walls of the map are among them after expansion */
    size_t solid_count;
    struct zone zones[SCENARIO_ZONES_MAX];
    size_t zone_count;
    struct actor actors[SCENARIO_ACTORS_MAX];
    size_t actor_count;
    struct robot_agent robots[SCENARIO_ROBOTS_MAX];
    size_t robot_count;
    struct lamp lamps[SCENARIO_LAMPS_MAX];
    size_t lamp_count;
    struct fault_spec faults[FAULTS_MAX];
    size_t fault_count;
    struct grid map; /* width 0: none */
    int8_t *map_cells; /* owned; as OccupancyGrid.data */
    struct scenario_file { /* what it was read from; [0] is the scenario itself */
        char name[128];    /* without folder; a robot's files begin with "robot/", a camera's with "camera/" */
        uint8_t *data;
        size_t size;
    } files[SCENARIO_FILES_MAX];
    size_t file_count;
    char *folder;  /* owned; where further files lie, with its last slash; NULL: inside the binary */
    bool is_packed; /* all its files are here: it came from a log */
    bool is_random; /* values are drawn by scenario_expand */
    struct scenario_draw { /* what was drawn, in the file's order */
        char *path, *value; /* owned; "lidar.noise_m", "0.0173" */
    } *draws; /* owned */
    size_t draw_count;
    char **sets; /* owned, each too: what scenario_set was given */
    size_t set_count;
    bool labels_are_here; /* camera.labels likewise */
    bool urdf_is_here; /* robot.urdf was set from outside: its path counts from the working folder */
};

/* One group of settable numbers: "lidar" -> rows, and where its struct lies in struct scenario. */
struct scenario_section {
    const char *name, *help;
    const struct param *rows;
    size_t row_count, offset;
    const char *only_for; /* one foreign format; NULL: every scenario */
};
extern const struct scenario_section scenario_section_table[];
extern const size_t scenario_section_count;
/* What belongs to no section: start.x, goal.y, time_limit_s ...; offsets in struct scenario. */
extern const struct param scenario_task_rows[];
extern const size_t scenario_task_row_count;

bool scenario_section_applies(const struct scenario *scenario, const struct scenario_section *section);

/* An owned scenario; `name_or_path` without a slash or dot is a built-in name. A path may also lead to a file of BARN
 * or DynaBARN worlds (worlds.txt#123 picks one), a MovingAI .map or row of a .scen (x.map.scen#12, rows from 0), or a
 * ROS map_server yaml: see scenario_import.c. */
MUST_USE struct scenario *scenario_load(const char *name_or_path, struct error *err);
/* The same from bytes kept in a log: files as in scenario->files. */
MUST_USE struct scenario *scenario_unpack(const struct scenario_file *files, size_t count, struct error *err);
void scenario_destroy(struct scenario **scenario);

/* "lidar.range_max_m=5": applies one override (also goal.x, goal.y, start.x, start.y, start.yaw, time_limit_s).
 * Must come before scenario_expand. STATUS_BAD_INPUT with the nearest section or key. Policy, shield and planner
 * settings are not its business. */
MUST_USE enum status scenario_set(struct scenario *scenario, const char *assignment, struct error *err);

/* Cross-checks (rates divide the step, start and goal inside the bounds, free, apart) and adds what the seed
 * decides: walls of the map as boxes, clutter, crowd. Deterministic. STATUS_BAD_INPUT if the result makes no
 * sense. */
MUST_USE enum status scenario_expand(struct scenario *scenario, uint64_t seed, struct error *err);

/* The network that labels the camera's pictures, of an expanded scenario; false: none does. Borrowed. */
struct scenario_network {
    const char *name;
    const uint8_t *data;
    size_t size;
};
bool scenario_labels_network(const struct scenario *scenario, struct scenario_network *network);

/* Shortest collision-free length for a disc of half the robot's width from start to goal over the true solids
 * (static map of the expanded scenario, 0.05 m octile + line of sight); negative if there is none. For SPL. */
double scenario_reference_length_m(const struct scenario *scenario);
/* The corners of that way, goal first, start last; the caller frees them. 0: there is none. */
size_t scenario_reference_way(const struct scenario *scenario, struct vec2 **corners);

/* Room for one more actor, zeroed but for kind, name and material; NULL when there are SCENARIO_ACTORS_MAX. Before or
 * in scenario_expand; the actor's other members are the caller's to fill. */
struct actor *scenario_add_actor(struct scenario *scenario, enum actor_kind kind, const char *name);

/* Names of the built-in scenarios and their summaries, in list order (office first). */
extern const char *const scenario_builtin_names[];
extern const size_t scenario_builtin_count;

#endif
