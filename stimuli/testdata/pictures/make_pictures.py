"""Writes the pictures of TestPrice that Go has no encoder for, gzipped, into this folder. Made with Pillow."""
import gzip
import io

from PIL import Image
size = (900, 700)
rgb = Image.new("RGB", size, (200, 100, 50))
rgba = Image.new("RGBA", size, (200, 100, 50, 128))
for name, image, kind, options in [
    ("progressive.jpg", rgb, "JPEG", dict(progressive=True, subsampling=0)),
    ("progressive-420.jpg", rgb, "JPEG", dict(progressive=True, subsampling=2)),
    ("progressive-cmyk.jpg", rgb.convert("CMYK"), "JPEG", dict(progressive=True)),
    ("progressive-grey.jpg", rgb.convert("L"), "JPEG", dict(progressive=True)),
    ("cmyk.jpg", rgb.convert("CMYK"), "JPEG", {}),
    ("lossless.webp", rgba, "WEBP", dict(lossless=True)),
    ("lossy.webp", rgb, "WEBP", dict(quality=50)),
    ("transparent.webp", rgba, "WEBP", dict(quality=50)),
    ("lzw.tif", rgb, "TIFF", dict(compression="tiff_lzw", tiffinfo={278: 700})),
]:
    out = io.BytesIO()
    image.save(out, kind, **options)
    with open(name + ".gz", "wb") as file:
        file.write(gzip.compress(out.getvalue(), 9, mtime=0))
