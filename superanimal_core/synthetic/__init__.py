"""Articulated animals with known keypoints, footfalls and behaviors, drawn into pictures."""
