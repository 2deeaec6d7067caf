#!/usr/bin/env python3
"""A policy as a PyTorch module, exported to ONNX: follows the plan, slower where the lidar sees something near ahead.

    python3 tests/example/policy_torch.py mine.onnx        (apt install python3-torch)
    binnacle policy info mine.onnx && binnacle run clutter --policy mine.onnx --shield on

The module is shown rows of the belief by the names of its inputs (binnacle list inputs) and answers with `command`:
speed in m/s and turn rate in rad/s. Put your trained network in `forward`; give every input its name and fixed shape.
Newer PyTorch writes weights beside the file (external_data=False keeps them inside).
"""
import sys

import torch


class Follow(torch.nn.Module):
    """Stands for a trained network: two layers find the way's direction, a pooled lidar row finds the room ahead."""

    def __init__(self):
        super().__init__()
        self.bearing = torch.nn.Linear(2, 2, bias=False)
        with torch.no_grad():
            self.bearing.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))

    def forward(self, lidar, path, limits):
        at = self.bearing(path[:, 2:4])  # 0.8 m along the plan, in the robot's frame
        left = torch.tanh(1.6 * at[:, 1:2] / (torch.abs(at[:, 0:1]) + 0.15))
        ahead = lidar[:, 34:57]  # sectors of 4 degrees about straight ahead
        room = -torch.nn.functional.max_pool1d(-ahead.unsqueeze(1), 23).squeeze(1)
        slow = torch.clamp((room - 0.35) / 0.9, 0.0, 1.0)
        facing = torch.clamp(at[:, 0:1] / 0.4, 0.0, 1.0)
        speed = torch.clamp(0.8 * slow * facing * (1.0 - 0.6 * torch.abs(left)) + 0.03, 0.0, 2.0)
        speed = torch.min(speed, limits[:, 0:1])
        return torch.cat([speed, 1.5 * left], 1)


def main():
    rows = (torch.zeros(1, 90), torch.zeros(1, 10), torch.zeros(1, 3))
    torch.onnx.export(Follow().eval(), rows, sys.argv[1], input_names=["lidar", "path", "limits"],
                      output_names=["command"], opset_version=13)


if __name__ == "__main__":
    main()
