#!/usr/bin/env python3
"""A policy in a process of its own, in Python: follows the plan and slows down where it is tight.

    python3 tests/example/policy.py ipc:///tmp/policy &        (apt install python3-zmq)
    binnacle run clutter --policy ipc:///tmp/policy

One question a tick, one answer; the simulation waits for it up to process.deadline_ms of wall time
(--set process.deadline_ms=50). Whoever answers late, not at all, or with nonsense has no decision in
that tick: it is counted (INF), the shield stops the robot, and the episode goes on.
"""
import json
import math
import sys

import zmq


def carrot(question):
    """A point of the plan half a metre ahead, or the goal; x ahead, y to the left of the robot."""
    for x, y in question["path"]:
        if math.hypot(x, y) > 0.5:
            return x, y
    return question["goal"]


def room_ahead(question):
    """Metres to the nearest return in the robot's way."""
    scan, nearest = question["scan"], 10.0
    for i, distance in enumerate(scan["ranges"]):
        if distance is None:
            continue
        angle = scan["first_rad"] + i * scan["step_rad"]
        x, y = distance * math.cos(angle), distance * math.sin(angle)
        if x > 0 and abs(y) < 0.32:
            nearest = min(nearest, x - 0.26)
    return nearest


def decide(question, depth, rgb):
    """depth and rgb are bytes: width * height float32 metres, and as many RGB triples; maybe empty."""
    x, y = carrot(question)
    error, room = math.atan2(y, x), room_ahead(question)
    limits = question["limits"]
    w = max(-limits["max_w"], min(limits["max_w"], 1.8 * error))
    v = min(limits["max_v"], 0.6) * max(math.cos(error), 0) * max(0.0, min(room / 0.7, 1.0))
    return {"v": v, "w": w, "confidence": 0.5, "reason": f"carrot {math.degrees(error):.0f} deg, room {room:.2f} m"}


def main():
    socket = zmq.Context().socket(zmq.REP)
    socket.bind(sys.argv[1])
    while True:
        question, depth, rgb = socket.recv_multipart()
        socket.send_string(json.dumps(decide(json.loads(question), depth, rgb)))


if __name__ == "__main__":
    main()
