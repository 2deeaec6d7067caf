#include "sim/inertia.h"

#include <stdbool.h>
#include <stdio.h>

#include "logs/status.h"

enum { SWEEPS = 30 };
static const double least_kgm2 = 1e-14; /* a grain of sand has as much */
static const double slack = 1e-6; /* of the largest moment: files round */

struct matrix {
    double a[3][3];
};

static struct matrix matrix_of(struct inertia i)
{
    return (struct matrix){{{i.xx, i.xy, i.xz}, {i.xy, i.yy, i.yz}, {i.xz, i.yz, i.zz}}};
}

struct inertia inertia_add(struct inertia a, struct inertia b)
{
    return (struct inertia){a.xx + b.xx, a.yy + b.yy, a.zz + b.zz, a.xy + b.xy, a.xz + b.xz, a.yz + b.yz};
}

struct inertia inertia_turn(struct inertia own, struct quat orientation)
{
    struct matrix m = matrix_of(own), half, turned;
    struct vec3 x = quat_rotate(orientation, (struct vec3){1, 0, 0}),
                y = quat_rotate(orientation, (struct vec3){0, 1, 0});
    struct vec3 z = quat_rotate(orientation, (struct vec3){0, 0, 1});
    const double r[3][3] = {{x.x, y.x, z.x}, {x.y, y.y, z.y}, {x.z, y.z, z.z}};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            half.a[i][j] = r[i][0] * m.a[0][j] + r[i][1] * m.a[1][j] + r[i][2] * m.a[2][j];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            turned.a[i][j] = half.a[i][0] * r[j][0] + half.a[i][1] * r[j][1] + half.a[i][2] * r[j][2];
    return (struct inertia){turned.a[0][0], turned.a[1][1], turned.a[2][2],
                            turned.a[0][1], turned.a[0][2], turned.a[1][2]};
}

struct inertia inertia_shift(struct inertia about_centre, double mass_kg, struct vec3 d)
{
    return inertia_add(about_centre, (struct inertia){mass_kg * (d.y * d.y + d.z * d.z),
                                                      mass_kg * (d.x * d.x + d.z * d.z),
                                                      mass_kg * (d.x * d.x + d.y * d.y), -mass_kg * d.x * d.y,
                                                      -mass_kg * d.x * d.z, -mass_kg * d.y * d.z});
}

/* One of Jacobi's rotations in the plane (p, q): makes that element of `m` zero and notes the turn in `v`. */
static void rotate(struct matrix *m, struct matrix *v, int p, int q)
{
    ASSERT(p < q);
    if (m->a[p][q] == 0)
        return;
    double theta = (m->a[q][q] - m->a[p][p]) / (2 * m->a[p][q]);
    double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1)), c = 1 / sqrt(t * t + 1), s = t * c;
    for (int k = 0; k < 3; k++) {
        double kp = m->a[k][p], kq = m->a[k][q];
        m->a[k][p] = c * kp - s * kq;
        m->a[k][q] = s * kp + c * kq;
    }
    for (int k = 0; k < 3; k++) {
        double pk = m->a[p][k], qk = m->a[q][k], kp = v->a[k][p], kq = v->a[k][q];
        m->a[p][k] = c * pk - s * qk;
        m->a[q][k] = s * pk + c * qk;
        v->a[k][p] = c * kp - s * kq;
        v->a[k][q] = s * kp + c * kq;
    }
}

/* The turn whose matrix has these columns (Shepperd's method). */
static struct quat quat_of(const struct matrix *v)
{
    const double(*a)[3] = v->a;
    double trace = a[0][0] + a[1][1] + a[2][2];
    struct quat q;
    if (trace > 0) {
        double s = 2 * sqrt(trace + 1);
        q = (struct quat){(a[2][1] - a[1][2]) / s, (a[0][2] - a[2][0]) / s, (a[1][0] - a[0][1]) / s, s / 4};
    } else if (a[0][0] >= a[1][1] && a[0][0] >= a[2][2]) {
        double s = 2 * sqrt(1 + a[0][0] - a[1][1] - a[2][2]);
        q = (struct quat){s / 4, (a[0][1] + a[1][0]) / s, (a[0][2] + a[2][0]) / s, (a[2][1] - a[1][2]) / s};
    } else if (a[1][1] >= a[2][2]) {
        double s = 2 * sqrt(1 + a[1][1] - a[0][0] - a[2][2]);
        q = (struct quat){(a[0][1] + a[1][0]) / s, s / 4, (a[1][2] + a[2][1]) / s, (a[0][2] - a[2][0]) / s};
    } else {
        double s = 2 * sqrt(1 + a[2][2] - a[0][0] - a[1][1]);
        q = (struct quat){(a[0][2] + a[2][0]) / s, (a[1][2] + a[2][1]) / s, s / 4, (a[1][0] - a[0][1]) / s};
    }
    double length = sqrt(q.x * q.x + q.y * q.y + q.z * q.z + q.w * q.w);
    return (struct quat){q.x / length, q.y / length, q.z / length, q.w / length};
}

/* Jacobi's rotations never mirror, so the columns stay right-handed. */
struct vec3 inertia_principal(struct inertia inertia, struct quat *axes)
{
    struct matrix m = matrix_of(inertia), v = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    for (int i = 0; i < SWEEPS; i++) {
        rotate(&m, &v, 0, 1);
        rotate(&m, &v, 0, 2);
        rotate(&m, &v, 1, 2);
    }
    *axes = quat_of(&v);
    return (struct vec3){m.a[0][0], m.a[1][1], m.a[2][2]};
}

const char *inertia_fault(struct inertia i, char text[160])
{
    struct quat axes;
    struct vec3 p = inertia_principal(i, &axes);
    double low = fmin(fmin(p.x, p.y), p.z), high = fmax(fmax(p.x, p.y), p.z), middle = p.x + p.y + p.z - low - high;
    if (!(low > least_kgm2)) {
        snprintf(text, 160, "is not positive definite: its principal moments are %g, %g and %g kg m2", low, middle,
                 high);
        return text;
    }
    if (low + middle < high * (1 - slack)) {
        snprintf(text, 160,
                 "is that of no body: of its principal moments %g, %g and %g kg m2 the largest exceeds the sum "
                 "of the others",
                 low, middle, high);
        return text;
    }
    return NULL;
}
