"""Writes video files as cameras encode them."""

import av


def write_film(path, pictures, *, fps=10, bf=0):
    """Writes images as H.264: no B-frames unless `bf` allows them, a key frame every ten."""
    options = {"preset": "ultrafast", "crf": "10", "g": "10", "bf": str(bf)}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options=options)
        stream.pix_fmt = "yuv420p"
        for index, picture in enumerate(pictures):
            if index == 0:
                stream.height, stream.width = picture.shape[:2]
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path
