"""zip.py ARCHIVE FOLDER: packs a folder, in the order of names and with the files' own times, so that the same folder
gives the same bytes."""
import os
import sys
import time
import zipfile

archive, folder = sys.argv[1:]
with zipfile.ZipFile(archive, "x", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
    for at, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = os.path.join(at, name)
            info = zipfile.ZipInfo(path, time.gmtime(os.stat(path).st_mtime)[:6])
            info.external_attr = os.stat(path).st_mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            with open(path, "rb") as file:
                packed.writestr(info, file.read())
