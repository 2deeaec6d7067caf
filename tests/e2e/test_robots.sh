#!/bin/sh
# Robots from URDF: by name, by path, with meshes; their logs stand alone; what is said about bad ones.
. "$(dirname "$0")/lib.sh"
exits 0 "$B" list robots
says out '^  jackal-like +four driven wheels'
exits 0 "$B" run corridor --set robot.urdf=jackal-like --set time_limit_s=60 --log jackal.mcap
exits 0 "$B" check jackal.mcap --once
exits 0 "$B" log cat jackal.mcap --topic /battery
says out '"voltage":2[0-9.]+'
exits 2 "$B" run corridor --set robot.urdf=jakal-like
says err "no robot is called 'jakal-like'; did you mean 'jackal-like'\?"
exits 2 "$B" run corridor --set robot.urdf=./none.urdf
says err 'robot.urdf: .*none.urdf'

# A package as ROS has it: URDF in urdf/, mesh in meshes/; wheels with names nobody would guess.
mkdir -p pkg/urdf pkg/meshes elsewhere
printf 'v %s\n' '0.15 0.1 0.05' '0.15 0.1 -0.05' '0.15 -0.1 0.05' '0.15 -0.1 -0.05' \
    '-0.15 0.1 0.05' '-0.15 0.1 -0.05' '-0.15 -0.1 0.05' '-0.15 -0.1 -0.05' >pkg/meshes/hull.obj
wheel() { # NAME Y
    cat <<W
  <link name="$1"><inertial><mass value="0.3"/><inertia ixx="4e-4" iyy="7e-4" izz="4e-4" ixy="0" ixz="0" iyz="0"/></inertial>
    <collision><origin rpy="1.5707963 0 0"/><geometry><cylinder radius="0.08" length="0.03"/></geometry></collision></link>
  <joint name="$1_joint" type="continuous"><parent link="body"/><child link="$1"/><origin xyz="0.05 $2 0"/><axis xyz="0 1 0"/></joint>
W
}
{
    cat <<'U'
<robot name="mine">
  <link name="body">
    <inertial><mass value="4"/><inertia ixx="0.02" iyy="0.04" izz="0.05" ixy="0" ixz="0" iyz="0"/></inertial>
    <collision><geometry><mesh filename="package://pkg/meshes/hull.obj"/></geometry></collision>
    <collision><origin xyz="-0.12 0 -0.06"/><geometry><sphere radius="0.02"/></geometry></collision>
  </link>
U
    wheel bakbord 0.14
    wheel styrbord -0.14
    echo '</robot>'
} >pkg/urdf/mine.urdf
cat >pkg/mine.yaml <<'Y'
name: mine
bounds: [-2, -2, 6, 2]
start: [0, 0, 0]
goal: [3, 0]
robot: {urdf: urdf/mine.urdf, left_wheels: [bakbord_joint], right_wheels: [styrbord_joint]}
Y
exits 0 "$B" run pkg/mine.yaml --log elsewhere/mine.mcap
exits 0 "$B" run corridor --set robot.urdf=pkg/urdf/mine.urdf --set robot.left_wheels=bakbord_joint \
    --set robot.right_wheels=styrbord_joint --set time_limit_s=60 --log elsewhere/set.mcap
exits 0 "$B" log info elsewhere/mine.mcap
mv pkg gone
exits 0 "$B" check elsewhere/mine.mcap --once
exits 0 "$B" check elsewhere/set.mcap --once
mv gone pkg

# What is wrong with a file is said with its line.
exits 2 "$B" run corridor --set robot.urdf=pkg/urdf/mine.urdf
says err 'mine.urdf:1:1: no joint drives the left side .* name its wheels. joints with robot.left_wheels'
exits 2 "$B" run corridor --set robot.urdf=pkg/urdf/mine.urdf --set robot.left_wheels=bakbord --set robot.right_wheels=x
says err "there is no joint 'bakbord'"
rm pkg/meshes/hull.obj
exits 2 "$B" run pkg/mine.yaml
says err "mine.urdf:4:26: mesh 'package://pkg/meshes/hull.obj' is neither at pkg/urdf/meshes/hull.obj nor"
sed -i 's/izz="0.05"/izz="0.5"/' pkg/urdf/mine.urdf
exits 2 "$B" run pkg/mine.yaml
says err "mine.urdf:3:32: the inertia of link 'body' is that of no body"

# Physics that no number can hold ends the episode as a result, with its last good tick.
cat >mad.yaml <<'Y'
name: mad
bounds: [-2, -2, 6, 2]
start: [0, 0, 0]
goal: [5, 0]
solids:
  - {name: nothing, kind: box, at: [2, 0], size: [0.5, 3, 0.5], mass: 1e-320}
Y
exits 1 "$B" run mad.yaml --policy pursuit --shield off --json --log mad.mcap
says out '"outcome":"diverged"'
says out 'the pose or velocity of body'
exits 0 "$B" check mad.mcap --once
done_testing
