"""A small logo, drawn."""

import base64
import io

from PIL import Image, ImageDraw


def draw(colour, accent):
    """Return a PNG in base64: mountains and a sun on a coloured shield."""
    scale = 4
    image = Image.new("RGBA", (480 * scale // 2, 360 * scale // 2), (255, 255, 255, 0))
    pen = ImageDraw.Draw(image)
    width, height = image.size
    pen.rounded_rectangle((0, 0, width - 1, height - 1), radius=height // 8, fill=colour)
    pen.ellipse((width * 0.62, height * 0.12, width * 0.84, height * 0.42), fill=accent)
    ground = height * 0.84
    for left, peak, right, top, shade in (
        (0.04, 0.34, 0.66, 0.26, (255, 255, 255, 255)),
        (0.36, 0.66, 0.96, 0.42, (226, 232, 236, 255)),
    ):
        points = ((width * left, ground), (width * peak, height * top), (width * right, ground))
        pen.polygon(points, fill=shade)
    buffer = io.BytesIO()
    image.resize((480, 360), Image.Resampling.LANCZOS).save(buffer, "PNG", optimize=True)
    return base64.b64encode(buffer.getvalue())
