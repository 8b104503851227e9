"""What the animals do: kinematics, gait, features, and bouts of behavior."""
