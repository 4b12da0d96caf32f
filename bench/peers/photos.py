#!/usr/bin/env python3
"""Times gpuconv run beside PyTorch on JPEGs with the spectrum of photographs: whole processes, in turn, warm cache.

Both decode pictures of 256×256, make them grey, pad them by reflection, convolve them with 64 Gabors of 31×31, and
write the mean and the mean of squares of each map. Needs what make peers installs, and Pillow. See --help.
"""
import argparse, os, resource, shutil, subprocess, sys, tempfile, time
import numpy as np
from PIL import Image

def make(folder, pictures):
    """Writes the pictures, whose amplitudes fall as 1/f, and the filters."""
    os.mkdir(f"{folder}/pictures")
    rng = np.random.default_rng(1)
    fy, fx = np.fft.fftfreq(256)[:, None], np.fft.rfftfreq(256)[None]
    amplitude = 1 / np.maximum(np.hypot(fy, fx), 1 / 256)
    for i in range(pictures):
        x = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((3, 256, 256))) * amplitude, s=(256, 256))
        x = 0.4 * x + 1.2 * x.mean(0)
        x = np.moveaxis(255 * (x - x.min()) / (x.max() - x.min()), 0, -1)
        Image.fromarray(x.astype(np.uint8)).save(f"{folder}/pictures/{i:03}.jpg", quality=90)
    (y, x), w = np.mgrid[-15:16, -15:16], []
    for k in range(64):
        theta, sf = np.pi * (k % 16) / 16, [0.05, 0.08, 0.12, 0.18][k // 16]
        u = x * np.cos(theta) + y * np.sin(theta)
        g = np.cos(2 * np.pi * sf * u) * np.exp(-(x * x + y * y) / (2 * (0.3 / sf) ** 2))
        w.append((g - g.mean()) / np.abs(g - g.mean()).sum())
    np.save(f"{folder}/w.npy", np.array(w, np.float32)[:, None])

def with_torch(folder, how):
    """Does the job with PyTorch, on 8 pictures at a time: by conv2d, or as how says."""
    import torch, torch.nn.functional as F
    w = torch.from_numpy(np.load(f"{folder}/w.npy"))
    if how == "fft":
        spectra = torch.fft.rfft2(w[:, 0].flip(1, 2), s=(288, 288))
    order = torch.channels_last if how == "channels last" else torch.contiguous_format
    names, out = sorted(os.listdir(f"{folder}/pictures")), []
    with torch.inference_mode():
        for at in range(0, len(names), 8):
            rgb = np.stack([np.asarray(Image.open(f"{folder}/pictures/{name}").convert("RGB"), dtype=np.float32)
                for name in names[at:at + 8]])
            x = torch.from_numpy(rgb @ np.array([0.299, 0.587, 0.114], np.float32) / 255)[:, None]
            x = F.pad(x.to(memory_format=order), (15, 15, 15, 15), mode="reflect")
            if how == "fft":
                y = torch.fft.irfft2(torch.fft.rfft2(x, s=(288, 288)) * spectra, s=(288, 288))[..., 30:286, 30:286]
            else:
                y = F.conv2d(x, w.to(memory_format=order))
            out.append(torch.stack([y.mean((2, 3)), y.square().mean((2, 3))], -1).numpy())
    np.save(f"{folder}/torch.npy", np.concatenate(out))

def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("gpuconv")
    for flag, value in [("--pictures", 60), ("--rounds", 2)]:
        a.add_argument(flag, type=int, default=value)
    a.add_argument("--torch", nargs=2) # for processes that this script starts
    if (a := a.parse_args()).torch:
        return with_torch(*a.torch)
    with tempfile.TemporaryDirectory() as folder:
        make(folder, a.pictures)
        run = [a.gpuconv, "run", "--quiet", "--stimulus", f"{folder}/pictures", "--filter", f"{folder}/w.npy",
            "--padding-mode", "reflect", "--backend", "cpu", "--keep", "mean,energy", "--output", f"{folder}/out"]
        jobs = {"gpuconv": run, "gpuconv --precision fast": run + ["--precision", "fast"]}
        jobs |= {f"PyTorch, {how}": [sys.executable, __file__, a.gpuconv, "--torch", folder, how]
            for how in ["conv2d", "channels last", "fft"]}
        for _ in range(a.rounds):
            for name, command in jobs.items():
                if command[0] == a.gpuconv:
                    shutil.rmtree(f"{folder}/out", ignore_errors=True)
                began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
                subprocess.run(command, check=True)
                wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
                user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
                print(f"{name:25} {wall:6.2f} s, user {user:6.2f} s, system {system:5.2f} s", flush=True)
            ours, theirs = np.load(f"{folder}/out/activations.npy"), np.load(f"{folder}/torch.npy")
            difference = np.abs(ours.reshape(theirs.shape) - theirs).max((0, 1)) / np.abs(theirs).max((0, 1))
            print("largest difference of a mean and of an energy beside the largest:", difference)

main()
