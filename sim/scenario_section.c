#include "perception/keepout.h"
#include "sim/scenario_internal.h"

#define REAL(key, initial, low, high, u, text)                                                                        \
    {.name = #key, .kind = PARAM_REAL, .offset = offsetof(struct GROUP, key), .fallback = (initial), .min = (low),     \
     .max = (high), .unit = (u), .help = (text)}
#define INT(key, initial, low, high, u, text)                                                                         \
    {.name = #key, .kind = PARAM_INT, .offset = offsetof(struct GROUP, key), .fallback = (initial), .min = (low),      \
     .max = (high), .unit = (u), .help = (text)}
#define TEXT(key, text)                                                                                               \
    {.name = #key, .kind = PARAM_TEXT, .offset = offsetof(struct GROUP, key),                                          \
     .max = sizeof(((struct GROUP *)0)->key) - 1, .unit = "", .help = (text)}
#define SWITCH(key, initial, text)                                                                                    \
    {.name = #key, .kind = PARAM_BOOL, .offset = offsetof(struct GROUP, key), .fallback = (initial), .max = 1,         \
     .unit = "", .help = (text)}

#define CHOICE(key, initial, words, text)                                                                             \
    {.name = #key, .kind = PARAM_CHOICE, .offset = offsetof(struct GROUP, key), .fallback = (initial), .unit = "",      \
     .max = COUNT_OF(words) - 2, .help = (text), .choices = (words)}

/* A message is sampled at its stamp and comes so much later; of one sensor none overtakes another. */
#define LATENESS                                                                                                       \
    REAL(latency_s, 0, 0, 0.5, "s", "from sampling to delivery"),                                                      \
        REAL(jitter_s, 0, 0, 0.25, "s", "more, drawn evenly from 0 to this for each message")

/* A Clearpath Jackal's size and weight on two driven wheels. */
#define GROUP robot_config
static const struct param robot_rows[] = {
    TEXT(urdf, "a file, or one of binnacle list robots; size, mass and wheels are then what it says"),
    TEXT(left_wheels, "of the URDF: names of joints, with commas; if none are named they are looked for"),
    TEXT(right_wheels, "of the URDF: likewise"),
    TEXT(base_link, "of the URDF: the link whose x points ahead; its root if none is named"),
    REAL(length_m, 0.51, 0.1, 2, "m", "footprint along x"),
    REAL(width_m, 0.43, 0.1, 2, "m", "footprint along y"),
    REAL(height_m, 0.25, 0.05, 2, "m", "top of the body above the floor"),
    REAL(mass_kg, 17, 0.5, 500, "kg", "all of it, wheels included"),
    REAL(com_z_m, 0.10, 0.01, 2, "m", "centre of mass above the floor"),
    REAL(wheel_radius_m, 0.098, 0.02, 0.5, "m", "of the driven wheels"),
    REAL(wheel_base_m, 0.38, 0.05, 2, "m", "between the driven wheels"),
    REAL(wheel_x_m, 0, -1, 1, "m", "axle ahead of the footprint's middle"),
    REAL(wheel_friction, 0.9, 0, 3, "", "of the tyres"),
    REAL(max_v_mps, 1.2, 0.05, 2, "m/s", "fastest forward command"),
    REAL(min_v_mps, -0.3, -2, 0, "m/s", "fastest reverse command, negative"),
    REAL(max_w_radps, 2.0, 0.05, 6, "rad/s", "fastest turn command"),
    REAL(max_a_mps2, 2.5, 0.1, 20, "m/s2", "change of speed"),
    REAL(max_alpha_radps2, 5.0, 0.1, 50, "rad/s2", "change of turn rate"),
    REAL(latency_s, 0, 0, 0.5, "s", "from decision to wheels"),
    REAL(jitter_s, 0, 0, 0.25, "s", "more, drawn evenly from 0 to this for each command"),
    REAL(max_torque_nm, 12, 0.01, 500, "Nm", "of each wheel motor, standing"),
    REAL(no_load_radps, 40, 1, 500, "rad/s", "where a full battery's motor has no torque left, at the wheel"),
    REAL(wheel_base_scale, 0, 0, 5, "", "how much wider the wheel base seems when turning; 0: from the wheels' places"),
    REAL(battery_full_v, 25.2, 1, 100, "V", "open voltage of a full battery"),
    REAL(battery_empty_v, 21, 0, 100, "V", "open voltage of an empty one"),
    REAL(battery_ohm, 0.05, 0, 10, "Ohm", "inner resistance: what the voltage sags by, per ampere"),
    REAL(battery_ah, 10, 0.001, 1000, "Ah", "capacity"),
    REAL(battery_charge, 1, 0, 1, "", "share left at the start"),
    REAL(idle_a, 1.5, 0, 100, "A", "drawn by computer and sensors"),
};
#undef GROUP

#define GROUP lidar_config
static const char *const echo_words[] = {"first", "strongest", NULL}; /* enum echo_choice */
static const struct param lidar_rows[] = {
    SWITCH(enabled, true, "fitted"),
    REAL(rate_hz, 10, 1, 100, "Hz", "scans a second"),
    REAL(range_min_m, 0.1, 0.01, 5, "m", "nearest return"),
    REAL(range_max_m, 10, 0.5, 100, "m", "farthest return"),
    REAL(noise_m, 0.01, 0, 1, "m", "sigma of a range"),
    REAL(dropout, 0, 0, 1, "", "share of beams that return nothing"),
    REAL(x_m, 0, -1, 1, "m", "mount, ahead of the footprint's middle"),
    REAL(y_m, 0, -1, 1, "m", "mount, to the left"),
    REAL(z_m, 0.30, 0.02, 3, "m", "mount, above the floor"),
    REAL(yaw_rad, 0, -PI, PI, "rad", "mount, turned left"),
    INT(beams, 360, 8, 2048, "", "beams in a full turn"),
    INT(rings, 1, 1, 64, "", "turns above each other; more than one: /points, and /scan is the level one"),
    REAL(ring_step_rad, 0.035, 0.001, 0.3, "rad", "from ring to ring; one more is below the level than above"),
    REAL(grazing_rad, 0, 0, 1.5, "rad", "beams that meet a surface flatter than this get lost more and more"),
    REAL(material_dropout, 0, 0, 1, "", "share of beams lost on something that returns no light"),
    REAL(divergence_rad, 0, 0, 0.1, "rad", "whole angle that a beam spreads; 0: it is a line"),
    REAL(pulse_m, 0.3, 0.001, 5, "m", "returns of a beam nearer than this to each other blend"),
    CHOICE(echo, ECHO_FIRST, echo_words, "which of a beam's returns is told: first or strongest"),
    SWITCH(motion_distortion, false, "each beam is cast from where the robot was when it was fired"),
    LATENESS,
};
#undef GROUP

#define GROUP camera_config
static const char *const depth_words[] = {"surface", "hole", "beyond", NULL}; /* enum depth_of */
static const char *const paint_words[] = {"both", "colour", "labels", NULL}; /* enum keepout_rule */
static const struct param camera_rows[] = {
    SWITCH(enabled, true, "fitted"),
    REAL(rate_hz, 10, 1, 60, "Hz", "frames a second"),
    REAL(hfov_rad, 1.396, 0.3, 2.6, "rad", "horizontal field of view"),
    REAL(x_m, 0.20, -1, 1, "m", "mount, ahead of the footprint's middle"),
    REAL(y_m, 0, -1, 1, "m", "mount, to the left"),
    REAL(z_m, 0.35, 0.02, 3, "m", "mount, above the floor"),
    REAL(pitch_rad, 0.20, -1.5, 1.5, "rad", "mount, looking down"),
    REAL(noise, 0.010, 0, 0.5, "", "sigma of a colour sample in the dark, 1 is full scale"),
    REAL(shot_noise, 0.010, 0, 0.5, "", "sigma that light adds at full scale; grows with its root"),
    REAL(exposure_s, 0.01, 0.0001, 0.1, "s", "the shutter stands open; at 0.01 full light is full scale"),
    REAL(gain, 1, 0.01, 100, "", "of the picture, noise included"),
    SWITCH(auto_exposure, false, "the gain follows the light"),
    REAL(gain_max, 8, 1, 100, "", "of automatic exposure; and 1/gain_max at least"),
    INT(blur_samples, 1, 1, 32, "", "moments of the exposure that are averaged; 1: no motion blur"),
    INT(dirt_spots, 0, 0, 100, "", "on the lens, drawn from the seed"),
    REAL(dirt_size, 0.06, 0.005, 0.5, "", "mean radius of a spot, the picture's width is 1"),
    REAL(dirt_opacity, 0.7, 0, 1, "", "light that a spot's middle holds back"),
    REAL(depth_noise, 0.003, 0, 0.5, "1/m", "sigma of a depth divided by its square"),
    REAL(depth_min_m, 0.15, 0.01, 5, "m", "nearest depth"),
    REAL(depth_max_m, 8, 0.5, 50, "m", "farthest depth"),
    CHOICE(depth_glass, DEPTH_OF_SURFACE, depth_words, "what depth says of glass: surface, hole or (what is) beyond"),
    CHOICE(depth_black, DEPTH_OF_NOTHING, depth_words, "of black things"),
    CHOICE(depth_mirror, DEPTH_OF_BEYOND, depth_words, "of mirrors; beyond: what one sees in them"),
    INT(depth_edge_px, 0, 0, 16, "px", "near things' edges spread so far sideways"),
    TEXT(labels, "network that labels the picture: shipped (as if none is named), off, or a file FILE.onnx"),
    CHOICE(paint, KEEPOUT_BY_BOTH, paint_words,
           "what tells paint: both (labels, and colour where they are unsure), colour or labels"),
    INT(width, 64, 8, 320, "px", "columns"),
    INT(height, 48, 8, 240, "px", "rows"),
    LATENESS,
};
#undef GROUP

#define GROUP imu_config
static const struct param imu_rows[] = {
    SWITCH(enabled, true, "fitted"),
    REAL(rate_hz, 100, 1, 1000, "Hz", "samples a second"),
    REAL(gyro_noise_radps, 0.003, 0, 1, "rad/s", "sigma of a turn rate"),
    REAL(gyro_bias_radps, 0.001, 0, 1, "rad/s", "sigma of its constant error, drawn once"),
    REAL(gyro_walk, 1e-5, 0, 0.1, "rad/s/rts", "its bias's random walk, sigma after 1 s"),
    REAL(accel_noise_mps2, 0.05, 0, 10, "m/s2", "sigma of an acceleration"),
    REAL(accel_bias_mps2, 0.02, 0, 2, "m/s2", "sigma of its constant error, drawn once"),
    REAL(accel_walk, 1e-4, 0, 1, "m/s2/rts", "its bias's random walk, sigma after 1 s"),
    LATENESS,
};
#undef GROUP

#define GROUP odometry_config
static const struct param odometry_rows[] = {
    SWITCH(enabled, true, "fitted"),
    REAL(rate_hz, 50, 1, 1000, "Hz", "samples a second"),
    REAL(noise_mps, 0.01, 0, 1, "m/s", "sigma of a speed"),
    REAL(noise_radps, 0.01, 0, 1, "rad/s", "sigma of a turn rate"),
    REAL(scale_error, 0.002, 0, 0.2, "", "sigma of each wheel's constant radius error"),
    LATENESS,
};
#undef GROUP

#define GROUP bumper_config
static const struct param bumper_rows[] = {
    SWITCH(enabled, true, "fitted"),
    REAL(rate_hz, 20, 1, 1000, "Hz", "messages a second"),
    LATENESS,
};
#undef GROUP

#define GROUP ultrasonic_config
static const struct param ultrasonic_rows[] = {
    SWITCH(enabled, false, "fitted"),
    REAL(rate_hz, 10, 1, 100, "Hz", "times a second that all of them listen"),
    INT(count, 8, 1, 16, "", "transducers, evenly round the body; the first looks ahead"),
    REAL(fov_rad, 0.6, 0.05, 1.5, "rad", "whole angle of each cone"),
    REAL(range_min_m, 0.03, 0.01, 1, "m", "nearest echo"),
    REAL(range_max_m, 3, 0.2, 20, "m", "farthest echo"),
    REAL(z_m, 0.18, 0.02, 3, "m", "mount, above the floor"),
    REAL(noise_m, 0.01, 0, 1, "m", "sigma of a range"),
    REAL(dropout, 0, 0, 1, "", "share of echoes that are missed"),
    REAL(incidence_rad, 0.6, 0.05, 1.57, "rad", "surfaces turned away further send no echo back"),
    LATENESS,
};
#undef GROUP

#define GROUP world_config
static const struct param world_rows[] = {
    REAL(ambient, 0.45, 0, 1, "", "light without shadow, 1 is full"),
    REAL(sun, 0.55, 0, 4, "", "light of the sun on what faces it"),
    SWITCH(shadows, false, "sun and lamps are held up by what stands in the way"),
    REAL(sun_azimuth_rad, 0.9, -PI, PI, "rad", "where the light comes from, seen from above"),
    REAL(sun_elevation_rad, 1.0, 0, 1.5708, "rad", "how high the light stands"),
    REAL(floor_friction, 0.9, 0, 3, "", "of the floor"),
    INT(physics_hz, 200, 20, 2000, "Hz", "physics steps a second; divides 1e9, a multiple of every rate"),
    INT(control_hz, 20, 1, 200, "Hz", "decisions a second"),
    REAL(wall_height_m, 2.0, 0.05, 10, "m", "of walls raised from the map"),
    REAL(policy_latency_s, 0, 0, 1, "s", "simulated time that a decision takes; the next one waits for it"),
};
#undef GROUP

#define GROUP clutter_config
static const struct param clutter_rows[] = {
    SWITCH(enabled, false, "grow a field of pillars from the seed"),
    REAL(x0_m, 0, -100, 100, "m", "field, lower corner"),
    REAL(y0_m, 0, -100, 100, "m", "field, lower corner"),
    REAL(x1_m, 6, -100, 100, "m", "field, upper corner"),
    REAL(y1_m, 6, -100, 100, "m", "field, upper corner"),
    REAL(pitch_m, 0.15, 0.05, 2, "m", "of the lattice that pillars stand on"),
    REAL(radius_m, 0.075, 0.01, 1, "m", "of a pillar"),
    REAL(height_m, 1.0, 0.05, 3, "m", "of a pillar"),
    REAL(fill, 0.2, 0, 0.6, "", "chance of a pillar before smoothing"),
    INT(smoothing, 4, 0, 10, "", "rounds of the cellular automaton"),
    REAL(passage_m, 0.75, 0.1, 3, "m", "at least this wide at the narrowest point of the best way"),
    REAL(difficulty, -1, -1, 1, "", "0 easy .. 1 hard, replaces fill and passage_m; negative: does not"),
};
#undef GROUP

#define FIELD                                                                                                          \
    REAL(x0_m, 0, -1000, 1000, "m", "field, lower corner"), REAL(y0_m, 0, -1000, 1000, "m", "field, lower corner"),    \
        REAL(x1_m, 10, -1000, 1000, "m", "field, upper corner"), REAL(y1_m, 6, -1000, 1000, "m", "field, upper corner")

#define GROUP maze_config
static const struct param maze_rows[] = {
    SWITCH(enabled, false, "grow a maze from the seed; start and goal move to the middles of their cells"),
    FIELD,
    REAL(corridor_m, 1.2, 0.3, 10, "m", "at least this wide"),
    REAL(wall_m, 0.1, 0.02, 2, "m", "thickness of a wall"),
    REAL(height_m, 1.0, 0.05, 10, "m", "of a wall"),
    REAL(loops, 0.1, 0, 1, "", "share of the walls between corridors taken away"),
    REAL(difficulty, -1, -1, 1, "", "0 easy .. 1 hard, replaces corridor_m and loops; negative: does not"),
};
#undef GROUP

#define GROUP rooms_config
static const struct param rooms_rows[] = {
    SWITCH(enabled, false, "grow rooms with doors and furniture from the seed"),
    FIELD,
    REAL(room_m, 3.0, 1, 100, "m", "no side of a room is shorter"),
    REAL(door_m, 1.0, 0.3, 5, "m", "width of a door"),
    REAL(wall_m, 0.12, 0.02, 2, "m", "thickness of a wall"),
    REAL(height_m, 2.0, 0.05, 10, "m", "of a wall"),
    REAL(furniture, 0.5, 0, 2, "", "pieces, 1 is one on two square metres; as many as leave a way"),
    REAL(difficulty, -1, -1, 1, "", "0 easy .. 1 hard, replaces door_m and furniture; negative: does not"),
};
#undef GROUP

#define GROUP crowd_config
static const char *const crowd_models[] = {[CROWD_WAYPOINT] = "waypoint", [CROWD_SOCIAL_FORCE] = "social_force", NULL};
static const struct param crowd_rows[] = {
    SWITCH(enabled, false, "people walk between points drawn from the seed"),
    {.name = "model", .kind = PARAM_CHOICE, .offset = offsetof(struct crowd_config, model), .max = CROWD_SOCIAL_FORCE,
     .unit = "", .help = "how they walk: stop and go, or pushed by social forces", .choices = crowd_models},
    INT(count, 8, 1, SCENARIO_CROWD_MAX, "", "people"),
    REAL(speed_mps, 0.6, 0.05, 2, "m/s", "mean walking speed"),
    REAL(speed_jitter_mps, 0.15, 0, 1, "m/s", "sigma of a person's own speed"),
    REAL(difficulty, -1, -1, 1, "", "0 easy .. 1 hard, replaces count and speed_mps; negative: does not"),
    REAL(group_share, 0, 0, 1, "", "of social_force people who join the one before, up to three"),
};
#undef GROUP

/* Helbing and Molnar's values, and Moussaid's for groups; ranges are those within which nobody is thrown about. */
#define GROUP pedestrian_config
static const struct param pedestrians_rows[] = {
    REAL(relaxation_s, 0.5, 0.1, 5, "s", "in which one takes up one's own speed"),
    REAL(repulsion_m2ps2, 2.1, 0, 10, "m2/s2", "V0, of the potential about another person"),
    REAL(repulsion_range_m, 0.3, 0.05, 2, "m", "sigma, over which it falls by e"),
    REAL(step_s, 2, 0, 4, "s", "how far ahead another's next step is thought"),
    REAL(own_share, 1, 0, 1, "", "how much of one's own speed counts as the other's approach"),
    REAL(wall_m2ps2, 10, 0, 50, "m2/s2", "U0, of the potential about a wall"),
    REAL(wall_range_m, 0.2, 0.05, 2, "m", "R, over which it falls by e"),
    REAL(sight_rad, 3.4907, 0.1, 6.2832, "rad", "the whole cone of sight about the way one goes"),
    REAL(behind, 0.5, 0, 1, "", "what a push from outside of it counts"),
    REAL(side_rad, 0.5, -1.5, 1.5, "rad", "a push from ahead is turned so far to the right"),
    REAL(haste, 1.3, 1, 3, "", "top speed as a multiple of one's own"),
    REAL(notice, 1, 0, 1, "", "how much of a person a robot is to them; 0: they do not see it"),
    REAL(group_gaze_radps, 4, 0, 20, "1/s", "slowing for those one cannot see without turning the head"),
    REAL(group_pull_mps2, 3, 0, 20, "m/s2", "towards the middle of one's group"),
    REAL(group_push_mps2, 1, 0, 20, "m/s2", "off members who are too near"),
    REAL(group_near_m, 0.6, 0.1, 2, "m", "which is too near"),
};
#undef GROUP

#define GROUP barn_config
static const struct param barn_rows[] = {
    INT(world, -1, -1, 1000000, "", "number of the world in the file; -1: its first"),
};
#undef GROUP

#define dynabarn_rows barn_rows

#define GROUP movingai_config
static const struct param movingai_rows[] = {
    REAL(cell_m, 0, 0, 5, "m", "side of a cell, in steps of 0.05; 0: as large as fits, up to 1"),
};
#undef GROUP

#define SECTION(member, text)                                                                                         \
    {.name = #member, .help = (text), .rows = member##_rows, .row_count = COUNT_OF(member##_rows),                    \
     .offset = offsetof(struct scenario, member)}
#define SECTION_FOR(member, import, text)                                                                             \
    {.name = #member, .help = (text), .rows = member##_rows, .row_count = COUNT_OF(member##_rows),                    \
     .offset = offsetof(struct scenario, member), .only_for = (import)}
const struct scenario_section scenario_section_table[] = {
    SECTION(robot, "the differential drive"),
    SECTION(lidar, "the laser scanner"),
    SECTION(camera, "colour, depth and labels, through one lens"),
    SECTION(imu, "gyroscope and accelerometer"),
    SECTION(odometry, "wheel encoders"),
    SECTION(bumper, "contact strip round the body"),
    SECTION(ultrasonic, "ring of distance sensors that also see glass"),
    SECTION(world, "light, floor and clocks"),
    SECTION(clutter, "a field of pillars drawn from the seed"),
    SECTION(maze, "corridors drawn from the seed"),
    SECTION(rooms, "rooms, doors and furniture drawn from the seed"),
    SECTION(crowd, "walking people drawn from the seed"),
    SECTION_FOR(barn, "barn", "which of the BARN worlds in the file"),
    SECTION_FOR(dynabarn, "dynabarn", "which of the DynaBARN worlds in the file"),
    SECTION_FOR(movingai, "movingai", "how cells become walls"),
    SECTION(pedestrians, "how social-force people walk"),
};
const size_t scenario_section_count = COUNT_OF(scenario_section_table);

#define GROUP scenario
const struct param scenario_task_rows[] = {
    REAL(start.x, 0, -1000, 1000, "m", "where the robot begins"),
    REAL(start.y, 0, -1000, 1000, "m", "where the robot begins"),
    REAL(start.yaw, 0, -PI, PI, "rad", "which way it looks, from the x axis to the left"),
    REAL(goal.x, 0, -1000, 1000, "m", "where it shall go"),
    REAL(goal.y, 0, -1000, 1000, "m", "where it shall go"),
    REAL(goal_tolerance_m, 0.3, 0.02, 10, "m", "near enough"),
    REAL(time_limit_s, 120, 0.1, 36000, "s", "simulated time until the episode is a timeout"),
    SWITCH(map_given, false, "the robot knows the map"),
    SWITCH(start_known, true, "the robot is told where on the map it starts; without a map it always is"),
    SWITCH(contact_ends, false, "any touch of anything but the floor ends it as a collision"),
    REAL(clock_from_m, 0, 0, 10, "m", "the clock starts once the robot has come so far from its start; 0: at once"),
};
#undef GROUP
const size_t scenario_task_row_count = COUNT_OF(scenario_task_rows);
