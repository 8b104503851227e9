"""The one pixel convention of the project.

Positions are continuous image coordinates in pixels of the original video or image: x to the right,
y down, the center of the top-left pixel is (0.5, 0.5), so an image of width W covers x in [0, W].
A horizontal flip is x -> W - x. Formats with another convention convert in their own file, at the
rim. Unknown positions are NaN.
"""
