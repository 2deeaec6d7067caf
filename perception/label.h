/* perception/label.h - what a pixel can mean. The numbers are those in /camera/labels. */
#ifndef PERCEPTION_LABEL_H
#define PERCEPTION_LABEL_H

enum label {
    LABEL_NOTHING, /* sky, out of range */
    LABEL_FLOOR,
    LABEL_WALL,
    LABEL_OBSTACLE,
    LABEL_PERSON,
    LABEL_KEEPOUT, /* painted floor that may not be entered */
    LABEL_GLASS,
    LABEL_DOOR, /* a leaf, open or closed */
    LABEL_SIGN, /* arrow, exit, stop */
    LABEL_COUNT
};

#endif
