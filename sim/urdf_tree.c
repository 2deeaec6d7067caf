#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "logs/names.h"
#include "sim/urdf_internal.h"

static const double across_cos = 0.99; /* a wheel's axis may be this much off the robot's y */

/* --- who hangs on whom ------------------------------------------------------------------------------------------ */

static enum status root_find(struct urdf *urdf, struct error *err)
{
    for (size_t i = 0; i < urdf->joint_count; i++) {
        struct urdf_joint *joint = &urdf->joints[i];
        if (joint->child->above)
            return xml_refuse(joint->node, err, "link '%s' hangs on two joints, '%s' and '%s'", joint->child->name,
                              joint->child->above->name, joint->name);
        joint->child->above = joint;
    }
    for (size_t i = 0; i < urdf->link_count; i++) {
        struct urdf_link *link = &urdf->links[i];
        if (link->above)
            continue;
        if (urdf->root)
            return xml_refuse(link->node, err, "there are two roots, '%s' and '%s'; join them with a fixed joint",
                              urdf->root->name, link->name);
        urdf->root = link;
    }
    if (!urdf->root)
        return xml_refuse(urdf->joints[0].node, err,
                          "the joints form a cycle through link '%s'; one link must hang on none",
                          urdf->joints[0].child->name);
    return STATUS_OK;
}

/* Breadth first from the root, so that parents come before children. */
static enum status order_make(struct urdf *urdf, struct error *err)
{
    size_t count = 0;
    ASSERT(urdf->root && !urdf->root->above);
    urdf->root->reached = true;
    urdf->root->pose = (struct pose3){.orientation.w = 1};
    urdf->order[count++] = urdf->root;
    for (size_t next = 0; next < count; next++)
        for (size_t i = 0; i < urdf->joint_count; i++) {
            struct urdf_joint *joint = &urdf->joints[i];
            if (joint->parent != urdf->order[next])
                continue;
            ASSERT(!joint->child->reached && count < urdf->link_count); /* nobody hangs on two joints */
            joint->child->reached = true;
            joint->child->pose = pose3_compose(joint->parent->pose, joint->origin);
            urdf->order[count++] = joint->child;
        }
    for (size_t i = 0; i < urdf->link_count; i++)
        if (!urdf->links[i].reached)
            return xml_refuse(urdf->links[i].above->node, err, "the joints form a cycle through link '%s'",
                              urdf->links[i].name);
    return STATUS_OK;
}

/* --- wheels ----------------------------------------------------------------------------------------------------- */

static bool contains(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (; *text; text++) {
        size_t i = 0;
        while (i < length && tolower((unsigned char)text[i]) == word[i])
            i++;
        if (i == length)
            return true;
    }
    return false;
}

static bool is_called(const struct urdf_joint *joint, const char *word)
{
    return contains(joint->name, word) || contains(joint->child->name, word);
}

static void wheels_guess(struct urdf *urdf, enum robot_side side)
{
    for (size_t i = 0; i < urdf->joint_count; i++) {
        struct urdf_joint *joint = &urdf->joints[i];
        if (joint->kind == URDF_CONTINUOUS && is_called(joint, "wheel") && !is_called(joint, "caster") &&
            is_called(joint, side == SIDE_LEFT ? "left" : "right"))
            joint->side = side;
    }
}

static enum status wheel_name(struct urdf *urdf, enum robot_side side, const char *name, struct error *err)
{
    for (size_t i = 0; i < urdf->joint_count; i++) {
        struct urdf_joint *joint = &urdf->joints[i];
        if (strcmp(joint->name, name))
            continue;
        if (joint->kind != URDF_CONTINUOUS)
            return xml_refuse(joint->node, err, "joint '%s' is to drive a wheel, but it is not continuous", name);
        if (joint->side != SIDE_FREE)
            return xml_refuse(joint->node, err, "joint '%s' is named twice among left_wheels and right_wheels", name);
        joint->side = side;
        return STATUS_OK;
    }
    char hint[96];
    names_hint(hint, sizeof hint, name, urdf->joints, urdf->joint_count, sizeof *urdf->joints);
    return xml_refuse(urdf->robot, err, "%s: there is no joint '%s'%s",
                      side == SIDE_LEFT ? "left_wheels" : "right_wheels", name, hint);
}

/* "a, b" */
static enum status wheels_name(struct urdf *urdf, enum robot_side side, const char *list, struct error *err)
{
    enum status status = STATUS_OK;
    while (*list && !status) {
        size_t blank = strspn(list, ", "), length = strcspn(list + blank, ", ");
        if (length)
            status = wheel_name(urdf, side, arena_string(urdf->arena, list + blank, length), err);
        list += blank + length;
    }
    return status;
}

static enum status wheels_find(struct urdf *urdf, const struct urdf_options *options, struct error *err)
{
    const char *const lists[SIDE_COUNT] = {options->left_wheels, options->right_wheels};
    bool guess = !*lists[SIDE_LEFT] && !*lists[SIDE_RIGHT];
    for (enum robot_side side = SIDE_LEFT; side < SIDE_COUNT; side++) {
        size_t found = 0;
        enum status status = wheels_name(urdf, side, lists[side], err);
        if (status)
            return status;
        if (guess)
            wheels_guess(urdf, side);
        for (size_t i = 0; i < urdf->joint_count; i++)
            found += urdf->joints[i].side == side;
        if (!found)
            return xml_refuse(urdf->robot, err, "no joint drives the %s side%s; name its wheels' joints with "
                              "robot.%s_wheels", side == SIDE_LEFT ? "left" : "right",
                              guess ? " (none is continuous and called a wheel and that side)" : "",
                              side == SIDE_LEFT ? "left" : "right");
    }
    return STATUS_OK;
}

/* A wheel stands across the robot, on its own side. */
static enum status wheels_check(const struct urdf *urdf, struct error *err)
{
    for (size_t i = 0; i < urdf->joint_count; i++) {
        const struct urdf_joint *joint = &urdf->joints[i];
        if (joint->side == SIDE_FREE)
            continue;
        struct vec3 axis = quat_rotate(joint->child->pose.orientation, joint->axis);
        if (fabs(axis.y) < across_cos)
            return xml_refuse(joint->node, err,
                              "the axis of wheel '%s' points along (%.2f, %.2f, %.2f) of the robot; it must "
                              "lie across it, along y",
                              joint->name, axis.x, axis.y, axis.z);
        if (!joint->child->shape_count)
            return xml_refuse(joint->child->node, err, "wheel '%s' has no <collision>: nothing to roll on",
                              joint->child->name);
    }
    return STATUS_OK;
}

/* --- all of it -------------------------------------------------------------------------------------------------- */

/* Places are given in the axes of the named link, which must not move against the chassis. */
static enum status base_turn(struct urdf *urdf, const char *name, struct error *err)
{
    struct urdf_link *base = urdf->root;
    for (size_t i = 0; *name && i < urdf->link_count; i++)
        if (!strcmp(urdf->links[i].name, name))
            base = &urdf->links[i];
    if (*name && strcmp(base->name, name)) {
        char hint[96];
        names_hint(hint, sizeof hint, name, urdf->links, urdf->link_count, sizeof *urdf->links);
        return xml_refuse(urdf->robot, err, "base_link: there is no link '%s'%s", name, hint);
    }
    for (const struct urdf_link *link = base; link->above; link = link->above->parent)
        if (link->above->kind == URDF_CONTINUOUS)
            return xml_refuse(link->node, err, "base_link: link '%s' turns against the chassis; name one that does not",
                              name);
    struct pose3 back = pose3_inverse(base->pose);
    for (size_t i = 0; i < urdf->link_count; i++)
        urdf->links[i].pose = pose3_compose(back, urdf->links[i].pose);
    return STATUS_OK;
}

enum status urdf_tree(struct urdf *urdf, const struct urdf_options *options, struct error *err)
{
    enum status status = root_find(urdf, err);
    if (!status)
        status = order_make(urdf, err);
    if (!status)
        status = base_turn(urdf, options->base_link, err);
    if (!status)
        status = wheels_find(urdf, options, err);
    return status ? status : wheels_check(urdf, err);
}
