"""Layer 1: what the animals do: kinematics, gait, features, and bouts of behavior."""
