"""Makes options.json, options.png, pages.tif and fax.tif, with NumPy and Pillow: what images become with stimuli.Options.

    python make_options.py    # writes beside itself

Resizing is Pillow's BILINEAR in mode F, which has float32 pixels; PyTorch's interpolate(antialias=True) agrees.
"""
import json
import os

import numpy as np
from PIL import Image

os.chdir(os.path.dirname(os.path.abspath(__file__)))
rng = np.random.default_rng(20)
stored = rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)
Image.fromarray(stored).save("options.png")
pages = [Image.fromarray(rng.integers(0, 256, size, dtype=np.uint8)) for size in [(4, 5), (6, 3), (4, 5)]]
pages[0].save("pages.tif", save_all=True, append_images=pages[1:])

# A fax's compression, with white and with black as 0: white above the diagonal of 6×9 pixels, as Pillow reads it.
white = np.arange(9)[None] > np.arange(6)[:, None]
fax = [Image.fromarray(white) for _ in range(4)]
for n, page in enumerate(fax):
    page.encoderinfo = {"compression": ["group3", "group4"][n % 2], "tiffinfo": {262: n // 2}}
fax[0].save("fax.tif", save_all=True, append_images=fax[1:], **fax[0].encoderinfo)
with Image.open("fax.tif") as file:
    for n in range(4):
        file.seek(n)
        assert file.tag_v2[259] == 3 + n % 2 and file.tag_v2[262] == n // 2 and (np.array(file) == white).all()

rgb = np.moveaxis(stored / 255, -1, 0)
linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def mix(x, rows):
    return np.tensordot(np.array(rows), x, 1)


def resize(x, rows, columns):
    one = [np.array(Image.fromarray(c.astype("f4"), "F").resize((columns, rows), Image.BILINEAR)) for c in x]
    return np.stack(one).astype(float)


def crop(x, rows, columns):
    top, left = (x.shape[1] - rows) // 2, (x.shape[2] - columns) // 2
    return x[:, top:top + rows, left:left + columns]


grey, luminance = [[0.299, 0.587, 0.114]], [[0.2126, 0.7152, 0.0722]]
opponent = [[3 ** -0.5] * 3, [2 ** -0.5, -(2 ** -0.5), 0], [6 ** -0.5, 6 ** -0.5, -2 * 6 ** -0.5]]
imagenet = (rgb - np.reshape([0.485, 0.456, 0.406], (3, 1, 1))) / np.reshape([0.229, 0.224, 0.225], (3, 1, 1))
cases = {
    "grey": mix(rgb, grey), "rgb": rgb, "opponent": mix(rgb, opponent), "linear": mix(linear, luminance),
    "linear rgb": linear, "imagenet": imagenet, "smaller": resize(mix(rgb, grey), 4, 5),
    "shorter side": resize(rgb, 5, 6), "larger": resize(mix(rgb, grey), 20, 31),
    "crop": crop(resize(rgb, 8, 10), 5, 5), "contrast": (rgb - rgb.mean()) / rgb.std(),
    "mean,std": (mix(rgb, grey) - 0.5) / 0.25,
}
out = {"cases": {k: {"shape": list(v.shape), "values": [round(float(x), 9) for x in v.ravel()]} for k, v in cases.items()},
       "pages": [np.array(p).ravel().tolist() for p in pages]}
with open("options.json", "w") as f:
    json.dump(out, f)
    f.write("\n")
