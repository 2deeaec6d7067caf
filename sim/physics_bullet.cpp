/* The one C++ file: Bullet behind sim/physics.h.
 *
 * Choices that are visible from outside:
 * - Friction and restitution of a contact are the products of the two bodies'.
 * - Boxes and cylinders hold a collision margin of MARGIN_M inside their size; hulls, meshes, heightfields and planes,
 *   which would grow by theirs, have none. So everything rests where it touches.
 * - Nothing ever falls asleep: a body's future must not depend on a timer that the state hash does not see.
 * - A kinematic body's velocity is the one it was given, never the quotient of two poses. */
#include "sim/physics.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include <btBulletDynamicsCommon.h>
#include <BulletCollision/CollisionShapes/btHeightfieldTerrainShape.h>

#include "logs/hash.h"

static_assert(sizeof(btScalar) == 8, "the double build of Bullet (bullet-float64)");
static_assert(sizeof(struct vec3) == 3 * sizeof(btScalar), "vertices are handed to Bullet as they are");

namespace {

constexpr btScalar MARGIN_M = 0.001;
constexpr btScalar FAR_M = 1e5, FAST_MPS = 1e4, FAST_RADPS = 1e6; /* beyond these a step has diverged */
constexpr int POOL_SIZE = 1024;     /* manifolds and algorithms; more come from the heap */

btVector3 to_bt(struct vec3 v) { return btVector3(v.x, v.y, v.z); }
btQuaternion to_bt(struct quat q) { return btQuaternion(q.x, q.y, q.z, q.w).normalized(); }
btTransform to_bt(const struct pose3 &p) { return btTransform(to_bt(p.orientation), to_bt(p.position)); }
struct vec3 from_bt(const btVector3 &v) { return {v.x(), v.y(), v.z()}; }

bool is_finite(const btVector3 &v) { return std::isfinite(v.x()) && std::isfinite(v.y()) && std::isfinite(v.z()); }

/* Kinematic bodies keep the velocity they were given; Bullet would difference their poses. */
class World final : public btDiscreteDynamicsWorld {
public:
    using btDiscreteDynamicsWorld::btDiscreteDynamicsWorld;

protected:
    void saveKinematicState(btScalar) override {}
};

/* Bodies of one group pass through each other: the pieces of one machine, held by joints. */
struct GroupFilter final : btOverlapFilterCallback {
    bool needBroadphaseCollision(btBroadphaseProxy *a, btBroadphaseProxy *b) const override
    {
        const bool wanted = (a->m_collisionFilterGroup & b->m_collisionFilterMask) != 0 &&
                            (b->m_collisionFilterGroup & a->m_collisionFilterMask) != 0;
        const int group = static_cast<const btCollisionObject *>(a->m_clientObject)->getUserIndex2();
        const int other = static_cast<const btCollisionObject *>(b->m_clientObject)->getUserIndex2();
        return wanted && (group == 0 || group != other);
    }
};

/* A rectangle of a body's surface that rubs differently. */
struct Patch {
    double x0, y0, x1, y1, friction;
};

/* A piece as Bullet holds it, with the copies of the caller's arrays it points into. */
struct Piece {
    std::vector<struct vec3> vertices;
    std::vector<int> triangles;
    std::vector<double> heights;
    std::unique_ptr<btStridingMeshInterface> mesh;
    std::unique_ptr<btCollisionShape> shape;
    btTransform offset = btTransform::getIdentity(); /* of Bullet's origin in the shape's */
    double friction = 0;                             /* 0: the body's */
};

struct Body {
    std::vector<Piece> pieces;
    std::vector<Patch> patches;
    std::unique_ptr<btCompoundShape> compound;
    std::unique_ptr<btRigidBody> rigid;
    btTransform frame = btTransform::getIdentity(); /* Bullet's (centre of mass) in the body's */
    uint64_t ordinal = 0;                            /* creation order */
    int32_t tag = 0;
    enum physics_motion motion = PHYSICS_STATIC;
};

struct Joint {
    std::unique_ptr<btHingeConstraint> hinge;
    uint32_t a, b; /* body slots; NO_SLOT for the world */
};

constexpr uint32_t NO_SLOT = UINT32_MAX;

/* Values at dense indices; a freed index is used again under the next generation. */
template <class T> struct Slots {
    struct Slot {
        T value;
        uint32_t generation;
        bool alive;
    };
    std::vector<Slot> slots;
    std::vector<uint32_t> free_indices;

    uint32_t put(T &&value)
    {
        if (free_indices.empty()) {
            slots.push_back({std::move(value), 1, true});
            return (uint32_t)slots.size() - 1;
        }
        uint32_t index = free_indices.back();
        free_indices.pop_back();
        Slot &slot = slots[index];
        slot.value = std::move(value);
        slot.alive = true;
        return index;
    }
    void drop(uint32_t index)
    {
        slots[index].value = T();
        slots[index].alive = false;
        slots[index].generation++;
        free_indices.push_back(index);
    }
    template <class Handle> Handle handle(uint32_t index) const { return {index, slots[index].generation}; }
    template <class Handle> T &at(Handle handle) const
    {
        ASSERT(handle.index < slots.size());
        const Slot &slot = slots[handle.index];
        ASSERT(slot.alive && slot.generation == handle.generation);
        return const_cast<T &>(slot.value);
    }
};

struct physics_def checked(const struct physics_def *def)
{
    ASSERT(def && std::isfinite(def->gravity_mps2) && def->step_s > 0 && def->step_s < 1 && def->solver_iterations > 0);
    return *def;
}

btDefaultCollisionConstructionInfo pools()
{
    btDefaultCollisionConstructionInfo info;
    info.m_defaultMaxPersistentManifoldPoolSize = POOL_SIZE;
    info.m_defaultMaxCollisionAlgorithmPoolSize = POOL_SIZE;
    return info;
}

} // namespace

struct physics {
    struct physics_def def;
    btDefaultCollisionConfiguration configuration{pools()};
    btCollisionDispatcher dispatcher{&configuration};
    btDbvtBroadphase broadphase;
    btSequentialImpulseConstraintSolver solver;
    GroupFilter groups;
    World world{&dispatcher, &broadphase, &solver, &configuration};
    btRigidBody anchor{btRigidBody::btRigidBodyConstructionInfo(0, nullptr, nullptr)}; /* the world's end of hinges */
    Slots<Body> bodies;
    Slots<Joint> joints;
    std::vector<uint32_t> order; /* living bodies, oldest first */
    uint64_t created = 0;
    bool diverged = false;

    explicit physics(const struct physics_def &given) : def(given) {}
};

/* --- shapes: from plain values to Bullet's -------------------------------------------------------------- */
namespace {

std::unique_ptr<btCollisionShape> convex_new(const struct shape &shape)
{
    btScalar r = shape.radius_m;
    switch (shape.kind) {
    case SHAPE_BOX: return std::make_unique<btBoxShape>(to_bt(shape.half_m));
    case SHAPE_CYLINDER: return std::make_unique<btCylinderShapeZ>(btVector3(r, r, shape.height_m / 2));
    case SHAPE_SPHERE: return std::make_unique<btSphereShape>(r);
    case SHAPE_CAPSULE: return std::make_unique<btCapsuleShapeZ>(r, shape.height_m);
    case SHAPE_HULL:
        return std::make_unique<btConvexHullShape>(&shape.vertices->x, (int)shape.vertex_count,
                                                   (int)sizeof *shape.vertices);
    case SHAPE_PLANE: return std::make_unique<btStaticPlaneShape>(btVector3(0, 0, 1), 0);
    case SHAPE_MESH:
    case SHAPE_HEIGHTFIELD: break;
    }
    ASSERT(!"a convex kind");
    return nullptr;
}

void mesh_make(Piece &piece, const struct shape &shape)
{
    piece.vertices.assign(shape.vertices, shape.vertices + shape.vertex_count);
    piece.triangles.assign(shape.triangles, shape.triangles + (size_t)shape.triangle_count * 3);
    piece.mesh = std::make_unique<btTriangleIndexVertexArray>(
        (int)shape.triangle_count, piece.triangles.data(), (int)(3 * sizeof(int)), (int)shape.vertex_count,
        &piece.vertices.data()->x, (int)sizeof(struct vec3));
    piece.shape = std::make_unique<btBvhTriangleMeshShape>(piece.mesh.get(), true);
}

/* Bullet centres a heightfield between its lowest and highest point. */
void heightfield_make(Piece &piece, const struct shape &shape)
{
    piece.heights.assign(shape.heights_m, shape.heights_m + (size_t)shape.rows * shape.columns);
    auto range = std::minmax_element(piece.heights.begin(), piece.heights.end());
    double low = *range.first, high = *range.second;
    auto field = std::make_unique<btHeightfieldTerrainShape>((int)shape.columns, (int)shape.rows, piece.heights.data(),
                                                             low, high, 2, false);
    field->setLocalScaling(btVector3(shape.cell_m, shape.cell_m, 1));
    piece.offset.setOrigin(btVector3(0, 0, (low + high) / 2));
    piece.shape = std::move(field);
}

Piece piece_new(const struct shape &shape)
{
    Piece piece;
    if (shape.kind == SHAPE_MESH)
        mesh_make(piece, shape);
    else if (shape.kind == SHAPE_HEIGHTFIELD)
        heightfield_make(piece, shape);
    else
        piece.shape = convex_new(shape);
    if (shape.kind == SHAPE_BOX || shape.kind == SHAPE_CYLINDER)
        piece.shape->setMargin(MARGIN_M);
    else if (shape.kind != SHAPE_SPHERE && shape.kind != SHAPE_CAPSULE) /* whose margin is their radius */
        piece.shape->setMargin(0);
    return piece;
}

/* --- bodies --------------------------------------------------------------------------------------------- */

/* One piece sitting in Bullet's frame goes in as it is (planes and meshes must); anything else as a compound. */
btCollisionShape *body_shape(Body &body, const struct physics_body_def &def)
{
    const btTransform first = to_bt(def.parts[0].pose) * body.pieces[0].offset;
    const struct quat axes = def.inertia_axes;
    const bool turned = axes.x != 0 || axes.y != 0 || axes.z != 0;
    body.frame = btTransform(turned ? to_bt(axes) : btQuaternion::getIdentity(), to_bt(def.centre_of_mass_m));
    if (def.part_count == 1 && (def.motion != PHYSICS_DYNAMIC || first == body.frame)) {
        body.frame = first;
        return body.pieces[0].shape.get();
    }
    body.compound = std::make_unique<btCompoundShape>(true, (int)def.part_count);
    const btTransform inverse = body.frame.inverse();
    for (size_t i = 0; i < def.part_count; i++)
        body.compound->addChildShape(inverse * to_bt(def.parts[i].pose) * body.pieces[i].offset,
                                     body.pieces[i].shape.get());
    return body.compound.get();
}

/* Bullet then asks `friction_mix` about each of the body's new contact points. */
void friction_ask(btRigidBody &rigid)
{
    rigid.setCollisionFlags(rigid.getCollisionFlags() | btCollisionObject::CF_CUSTOM_MATERIAL_CALLBACK);
}

void body_make(Body &body, const struct physics_body_def &def)
{
    body.tag = def.tag;
    body.motion = def.motion;
    bool own_friction = false;
    for (size_t i = 0; i < def.part_count; i++) {
        body.pieces.push_back(piece_new(def.parts[i].shape));
        body.pieces[i].friction = def.part_friction ? def.part_friction[i] : 0;
        own_friction |= body.pieces[i].friction > 0;
    }
    const bool dynamic = def.motion == PHYSICS_DYNAMIC;
    const btVector3 inertia = dynamic ? to_bt(physics_body_inertia(&def)) : btVector3(0, 0, 0);
    btCollisionShape *shape = body_shape(body, def);
    btRigidBody::btRigidBodyConstructionInfo info(dynamic ? def.mass_kg : 0, nullptr, shape, inertia);
    info.m_startWorldTransform = to_bt(def.pose) * body.frame;
    info.m_friction = def.friction;
    info.m_rollingFriction = def.rolling_friction;
    info.m_spinningFriction = def.spinning_friction;
    info.m_restitution = def.restitution;
    info.m_linearDamping = def.linear_damping;
    info.m_angularDamping = def.angular_damping;
    body.rigid = std::make_unique<btRigidBody>(info);
    if (def.motion == PHYSICS_KINEMATIC)
        body.rigid->setCollisionFlags(btCollisionObject::CF_KINEMATIC_OBJECT);
    if (def.motion != PHYSICS_STATIC)
        body.rigid->setActivationState(DISABLE_DEACTIVATION);
    body.rigid->setUserIndex2(def.group);
    if (own_friction)
        friction_ask(*body.rigid);
}

void joint_drop(struct physics &world, uint32_t index)
{
    world.world.removeConstraint(world.joints.slots[index].value.hinge.get());
    world.joints.drop(index);
}

/* Finite, and not thrown out of any world that somebody meant: such numbers are as good as none. */
const char *body_fault(const btRigidBody &rigid)
{
    const btTransform &pose = rigid.getWorldTransform();
    const bool finite = is_finite(pose.getOrigin()) && is_finite(pose.getBasis().getRow(0)) &&
                        is_finite(rigid.getLinearVelocity()) && is_finite(rigid.getAngularVelocity());
    if (!finite)
        return "is no longer finite";
    const bool near = pose.getOrigin().length() <= FAR_M && rigid.getLinearVelocity().length() <= FAST_MPS &&
                      rigid.getAngularVelocity().length() <= FAST_RADPS;
    return near ? nullptr : "is beyond all bounds";
}

/* --- contacts ------------------------------------------------------------------------------------------- */

struct Touch {
    uint64_t older, younger;
    struct physics_contact contact;
};

/* Bullet's index is that of a compound's child; of a mesh or a lone shape it says something else. */
int32_t part_of(const Body &body, int index)
{
    const bool is_child = body.compound && index >= 0 && (size_t)index < body.pieces.size();
    return is_child ? index : 0;
}

/* The older body is a, whichever way round Bullet holds the pair. */
Touch touch_new(const struct physics &world, uint32_t a, uint32_t b, const btManifoldPoint &point)
{
    const auto &slots = world.bodies.slots;
    const bool swap = slots[a].value.ordinal > slots[b].value.ordinal;
    btVector3 normal = point.m_normalWorldOnB;
    btVector3 at = point.getPositionWorldOnB();
    if (swap) {
        std::swap(a, b);
        normal = -normal;
        at = point.getPositionWorldOnA();
    }
    Touch touch = {slots[a].value.ordinal, slots[b].value.ordinal, {}};
    touch.contact.tag_a = slots[a].value.tag;
    touch.contact.tag_b = slots[b].value.tag;
    touch.contact.a = world.bodies.handle<struct physics_body>(a);
    touch.contact.b = world.bodies.handle<struct physics_body>(b);
    touch.contact.part_a = part_of(slots[a].value, swap ? point.m_index1 : point.m_index0);
    touch.contact.part_b = part_of(slots[b].value, swap ? point.m_index0 : point.m_index1);
    touch.contact.point = from_bt(at);
    touch.contact.normal_on_b = from_bt(normal);
    touch.contact.impulse_ns = point.getAppliedImpulse();
    touch.contact.distance_m = point.getDistance();
    return touch;
}

/* Bullet keeps points up to 2 cm apart in case they close; those neither overlap nor carried anything. */
bool is_touching(const btManifoldPoint &point) { return point.getDistance() <= 0 || point.getAppliedImpulse() > 0; }

std::vector<Touch> touches(const struct physics &world, const btRigidBody *only)
{
    std::vector<Touch> found;
    for (int i = 0; i < world.dispatcher.getNumManifolds(); i++) {
        const btPersistentManifold *pair =
            const_cast<btCollisionDispatcher &>(world.dispatcher).getManifoldByIndexInternal(i);
        if (only && pair->getBody0() != only && pair->getBody1() != only)
            continue;
        auto a = (uint32_t)pair->getBody0()->getUserIndex(), b = (uint32_t)pair->getBody1()->getUserIndex();
        for (int k = 0; k < pair->getNumContacts(); k++)
            if (is_touching(pair->getContactPoint(k)))
                found.push_back(touch_new(world, a, b, pair->getContactPoint(k)));
    }
    std::stable_sort(found.begin(), found.end(), [](const Touch &l, const Touch &r) {
        return l.older != r.older ? l.older < r.older : l.younger < r.younger;
    });
    return found;
}

} // namespace

/* --- friction of pieces and patches --------------------------------------------------------------------- */
namespace {

double friction_at(const btCollisionObject *object, int index, const btVector3 &at)
{
    const auto *world = static_cast<const struct physics *>(object->getUserPointer());
    if (!world)
        return object->getFriction();
    const Body &body = world->bodies.slots[(size_t)object->getUserIndex()].value;
    const double own = body.pieces[(size_t)part_of(body, index)].friction;
    double friction = own > 0 ? own : object->getFriction();
    for (const Patch &patch : body.patches)
        if (at.x() >= patch.x0 && at.x() <= patch.x1 && at.y() >= patch.y0 && at.y() <= patch.y1)
            friction = patch.friction;
    return friction;
}

/* Bullet calls it for each new contact point of a body that asked for it. */
bool friction_mix(btManifoldPoint &point, const btCollisionObjectWrapper *a, int, int index_a,
                  const btCollisionObjectWrapper *b, int, int index_b)
{
    const btVector3 at = point.getPositionWorldOnB();
    point.m_combinedFriction = friction_at(a->getCollisionObject(), index_a, at) *
                               friction_at(b->getCollisionObject(), index_b, at);
    return true;
}

} // namespace

/* --- the C face ----------------------------------------------------------------------------------------- */

struct physics *physics_create(const struct physics_def *def)
{
    struct physics *world = new physics(checked(def));
    world->world.setGravity(btVector3(0, 0, -def->gravity_mps2));
    world->world.setForceUpdateAllAabbs(false);
    world->world.getPairCache()->setOverlapFilterCallback(&world->groups);
    gContactAddedCallback = friction_mix; /* the same for every world */
    world->world.getSolverInfo().m_numIterations = def->solver_iterations;
    world->solver.setRandSeed(def->seed);
    return world;
}

void physics_destroy(struct physics **world)
{
    struct physics *gone = *world;
    *world = nullptr;
    if (!gone)
        return;
    for (auto &slot : gone->joints.slots)
        if (slot.alive)
            gone->world.removeConstraint(slot.value.hinge.get());
    for (uint32_t index : gone->order)
        gone->world.removeRigidBody(gone->bodies.slots[index].value.rigid.get());
    delete gone;
}

enum status physics_step(struct physics *world, struct error *err)
{
    ASSERT(!world->diverged);
    world->world.stepSimulation(world->def.step_s, 0);
    for (uint32_t index : world->order) {
        const Body &body = world->bodies.slots[index].value;
        const char *fault = body.motion == PHYSICS_DYNAMIC ? body_fault(*body.rigid) : nullptr;
        if (!fault)
            continue;
        world->diverged = true;
        return error_set(err, STATUS_DIVERGED, "the pose or velocity of body %d %s; the episode ends here", body.tag,
                         fault);
    }
    return STATUS_OK;
}

struct physics_body physics_body_create(struct physics *world, const struct physics_body_def *def, struct error *err)
{
    if (physics_body_check(def, err) != STATUS_OK)
        return {0, 0};
    Body body;
    body_make(body, *def);
    body.ordinal = world->created++;
    uint32_t index = world->bodies.put(std::move(body));
    btRigidBody *rigid = world->bodies.slots[index].value.rigid.get();
    rigid->setUserIndex((int)index);
    rigid->setUserPointer(world);
    world->world.addRigidBody(rigid);
    world->order.push_back(index);
    return world->bodies.handle<struct physics_body>(index);
}

void physics_body_destroy(struct physics *world, struct physics_body body)
{
    Body &gone = world->bodies.at(body);
    for (uint32_t i = 0; i < world->joints.slots.size(); i++) {
        const auto &slot = world->joints.slots[i];
        if (slot.alive && (slot.value.a == body.index || slot.value.b == body.index))
            joint_drop(*world, i);
    }
    world->world.removeRigidBody(gone.rigid.get());
    world->order.erase(std::find(world->order.begin(), world->order.end(), body.index));
    world->bodies.drop(body.index);
}

struct physics_state physics_body_state(const struct physics *world, struct physics_body body)
{
    const Body &known = world->bodies.at(body);
    const btTransform &centre = known.rigid->getWorldTransform();
    const btTransform pose = centre * known.frame.inverse();
    const btQuaternion turn = pose.getRotation();
    const btVector3 spin = known.rigid->getAngularVelocity();
    const btVector3 linear = known.rigid->getLinearVelocity() + spin.cross(pose.getOrigin() - centre.getOrigin());
    struct pose3 at = {from_bt(pose.getOrigin()), {turn.x(), turn.y(), turn.z(), turn.w()}};
    return {at, from_bt(linear), from_bt(spin)};
}

void physics_body_set_state(struct physics *world, struct physics_body body, const struct physics_state *state)
{
    const Body &known = world->bodies.at(body);
    ASSERT(known.motion != PHYSICS_STATIC);
    const btTransform pose = to_bt(state->pose), centre = pose * known.frame;
    const btVector3 spin = to_bt(state->angular_radps);
    known.rigid->setLinearVelocity(to_bt(state->linear_mps) + spin.cross(centre.getOrigin() - pose.getOrigin()));
    known.rigid->setAngularVelocity(spin);
    known.rigid->setCenterOfMassTransform(centre);
}

void physics_body_push(struct physics *world, struct physics_body body, struct vec3 force_n, struct vec3 point)
{
    btRigidBody &rigid = *world->bodies.at(body).rigid;
    rigid.applyForce(to_bt(force_n), to_bt(point) - rigid.getCenterOfMassPosition());
}

int32_t physics_body_tag(const struct physics *world, struct physics_body body) { return world->bodies.at(body).tag; }

void physics_patch_add(struct physics *world, struct physics_body body, double x0_m, double y0_m, double x1_m,
                       double y1_m, double friction)
{
    Body &floor = world->bodies.at(body);
    ASSERT(x0_m < x1_m && y0_m < y1_m && friction >= 0 && std::isfinite(friction));
    floor.patches.push_back({x0_m, y0_m, x1_m, y1_m, friction});
    friction_ask(*floor.rigid);
}

struct physics_joint physics_hinge_create(struct physics *world, const struct physics_hinge_def *def)
{
    Body &a = world->bodies.at(def->a);
    const bool has_b = def->b.generation != 0;
    btRigidBody &b = has_b ? *world->bodies.at(def->b).rigid : world->anchor;
    const btVector3 axis = to_bt(def->axis_in_a);
    ASSERT(std::fabs(axis.length() - 1) < 1e-6);
    btVector3 across, along;
    btPlaneSpace1(axis, across, along);
    const btMatrix3x3 basis(across.x(), along.x(), axis.x(), across.y(), along.y(), axis.y(), across.z(), along.z(),
                            axis.z());
    const btTransform in_a = a.frame.inverse() * btTransform(basis, to_bt(def->pivot_in_a));
    const btTransform in_b = b.getWorldTransform().inverse() * a.rigid->getWorldTransform() * in_a;
    Joint joint = {std::make_unique<btHingeConstraint>(*a.rigid, b, in_a, in_b, true), def->a.index,
                   has_b ? def->b.index : NO_SLOT};
    world->world.addConstraint(joint.hinge.get(), !def->collide);
    return world->joints.handle<struct physics_joint>(world->joints.put(std::move(joint)));
}

void physics_hinge_motor(struct physics *world, struct physics_joint joint, double velocity_radps, double max_torque_nm)
{
    world->joints.at(joint).hinge->enableAngularMotor(max_torque_nm > 0, velocity_radps,
                                                      max_torque_nm * world->def.step_s);
}

struct physics_hinge_state physics_hinge_state(const struct physics *world, struct physics_joint joint)
{
    btHingeConstraint &hinge = *world->joints.at(joint).hinge;
    const btRigidBody &a = hinge.getRigidBodyA(), &b = hinge.getRigidBodyB();
    const btVector3 axis = a.getWorldTransform().getBasis() * hinge.getAFrame().getBasis().getColumn(2);
    const double velocity = (b.getAngularVelocity() - a.getAngularVelocity()).dot(axis);
    /* The motor is the last of the constraint's rows; Bullet keeps the impulse of the last row, as it acts on a. */
    const double torque = hinge.getEnableAngularMotor() ? -hinge.internalGetAppliedImpulse() / world->def.step_s : 0;
    return {hinge.getHingeAngle(), velocity, torque};
}

size_t physics_contacts(const struct physics *world, struct physics_body body, struct physics_contact *contacts,
                        size_t capacity)
{
    const btRigidBody *only = body.generation ? world->bodies.at(body).rigid.get() : nullptr;
    const std::vector<Touch> found = touches(*world, only);
    for (size_t i = 0; i < std::min(capacity, found.size()); i++)
        contacts[i] = found[i].contact;
    return found.size();
}

uint64_t physics_hash(const struct physics *world, uint64_t hash)
{
    for (uint32_t index : world->order) {
        const btRigidBody &rigid = *world->bodies.slots[index].value.rigid;
        const btTransform &pose = rigid.getWorldTransform();
        const btVector3 rows[] = {pose.getOrigin(),          pose.getBasis().getRow(0), pose.getBasis().getRow(1),
                                  pose.getBasis().getRow(2), rigid.getLinearVelocity(), rigid.getAngularVelocity()};
        struct vec3 bits[COUNT_OF(rows)]; /* without Bullet's padding */
        for (size_t i = 0; i < COUNT_OF(rows); i++)
            bits[i] = from_bt(rows[i]);
        hash = hash_bytes(hash, bits, sizeof bits);
    }
    return hash;
}

size_t physics_body_count(const struct physics *world) { return world->order.size(); }

double physics_ray(const struct physics *world, struct vec3 from, struct vec3 to)
{
    const btVector3 a = to_bt(from), b = to_bt(to);
    btCollisionWorld::ClosestRayResultCallback nearest(a, b);
    world->world.rayTest(a, b, nearest);
    return nearest.hasHit() ? nearest.m_closestHitFraction * (b - a).length() : -1;
}
