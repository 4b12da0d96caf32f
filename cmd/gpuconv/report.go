package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"gpuconv/conv"
	"gpuconv/figure"
)

// report is run.json: where activations.npy came from. Times are in seconds.
type report struct {
	Schema       int           `json:"schema"`
	Command      []string      `json:"command"`
	Program      programReport `json:"program"`
	Started      time.Time     `json:"started"`
	Preset       string        `json:"preset"`
	Orientations string        `json:"orientations"`
	SF           float64       `json:"sf"`
	Res          float64       `json:"res"`
	Patch        bool          `json:"patch"`
	Channels     int           `json:"channels"`
	Size         int           `json:"size"`
	Stimuli      conv.Shape    `json:"stimuli"`
	Weights      conv.Shape    `json:"weights"`
	Activations  conv.Shape    `json:"activations"`
	Backend      backendReport `json:"backend"`
	Seconds      secondsReport `json:"seconds"`
	ImagesPerS   throughput    `json:"images_per_s"`
	Check        *checkReport  `json:"check,omitempty"`
}

type programReport struct {
	Git string `json:"git"`
	Go  string `json:"go"`
	OS  string `json:"os"`
}

type backendReport struct {
	Name       string `json:"name"`
	Device     string `json:"device"`
	Vendor     string `json:"vendor,omitempty"`
	Driver     string `json:"driver,omitempty"`
	Software   bool   `json:"software"`
	Algorithm  string `json:"algorithm"`
	ShaderHash string `json:"shader_sha256,omitempty"`
	Chunk      int    `json:"chunk"`
}

// secondsReport holds wall-clock times. draw, convolve and write overlap; upload,
// kernel and readback are parts of convolve.
type secondsReport struct {
	Whole    float64  `json:"whole"`
	Stream   float64  `json:"stream"`
	Draw     float64  `json:"draw"`
	Convolve float64  `json:"convolve"`
	Write    float64  `json:"write"`
	Upload   *float64 `json:"upload,omitempty"`
	Kernel   *float64 `json:"kernel,omitempty"`
	Readback *float64 `json:"readback,omitempty"`
}

type throughput struct {
	Convolve float64 `json:"convolve"`
	Whole    float64 `json:"whole"`
}

type checkReport struct {
	Images        int     `json:"images"`
	Outputs       int     `json:"outputs"`
	Wrong         int     `json:"wrong"`
	MaxError      float64 `json:"max_error"`
	MaxErrorBound float64 `json:"max_error_over_bound"`
	RMS           float64 `json:"rms_over_max"`
}

func (j *job) writeReport() error {
	whole := time.Since(j.started)
	n := float64(j.shape.N())
	r := report{
		Schema: 1, Command: os.Args, Started: j.started.UTC().Truncate(time.Millisecond),
		Program: programReport{Git: gitHash(), Go: runtime.Version(), OS: runtime.GOOS + "/" + runtime.GOARCH},
		Preset:  j.flags.preset.name, Orientations: j.flags.stimulus.orientations,
		SF: j.flags.stimulus.sf, Res: j.flags.stimulus.res, Patch: j.flags.stimulus.patch,
		Channels: j.flags.filter.channels, Size: j.flags.filter.size,
		Stimuli: j.sweep.Shape(), Weights: j.bank.Shape, Activations: j.shape,
		Backend: j.backendReport(), Seconds: j.secondsReport(whole),
		ImagesPerS: throughput{Convolve: n / j.stats.Convolve.Seconds(), Whole: n / whole.Seconds()},
	}
	if j.checked > 0 {
		r.Check = &checkReport{Images: j.checked, Outputs: j.check.Elements, Wrong: j.check.Wrong,
			MaxError: j.check.MaxError, MaxErrorBound: j.check.MaxRatio, RMS: j.check.RMS}
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("run.json: %w", err)
	}
	return os.WriteFile(j.out.file("run.json"), append(text, '\n'), 0o666)
}

func (j *job) backendReport() backendReport {
	b := backendReport{Name: j.backend.name, Device: j.backend.describe()}
	if j.backend.name == "gpu" {
		i := j.backend.device
		b.Device, b.Vendor, b.Driver, b.Software = i.Renderer, i.Vendor, i.Version, i.Software
	}
	if d, ok := j.plan.(conv.Describer); ok {
		description := d.Describe()
		b.Algorithm, b.ShaderHash, b.Chunk = description.Algorithm, hashOf(description.Sources), description.Chunk
	}
	return b
}

func (j *job) secondsReport(whole time.Duration) secondsReport {
	s := secondsReport{Whole: whole.Seconds(), Stream: j.stats.Wall.Seconds(), Draw: j.stats.Draw.Seconds(),
		Convolve: j.stats.Convolve.Seconds(), Write: j.stats.Write.Seconds()}
	if t, ok := j.plan.(conv.Timer); ok {
		timings := t.Timings()
		upload, kernel, readback := timings.Upload.Seconds(), timings.Kernel.Seconds(), timings.Readback.Seconds()
		s.Upload, s.Kernel, s.Readback = &upload, &kernel, &readback
	}
	return s
}

// gitHash returns the revision that this program was built from.
func gitHash() string {
	if revision != "" {
		return revision
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value
			}
		}
	}
	return "unknown"
}

// activationLimit is the range of the tutorial's activation pictures: −3 … 3.
const activationLimit = 3

// draw writes the pictures.
func (j *job) draw() error {
	shown := spread(examples, j.shape.N())
	gratings, err := figure.Stimuli(j.stimuli, titles(j.sweep, shown))
	if err != nil {
		return err
	}
	bank, err := figure.Filters(j.bank, j.names)
	if err != nil {
		return err
	}
	activations, err := figure.Activations(j.stimuli, j.examples, titles(j.sweep, shown), j.names, activationLimit)
	if err != nil {
		return err
	}
	for _, p := range []struct {
		name    string
		picture *figure.Picture
	}{{"gratings.png", gratings}, {"filters.png", bank}, {"activations.png", activations}} {
		if err := p.picture.Save(j.out.file(p.name)); err != nil {
			return err
		}
	}
	return nil
}

// hashOf returns the SHA-256 of shader sources, one after the other, in
// hexadecimal; of none it is empty.
func hashOf(sources []string) string {
	if len(sources) == 0 {
		return ""
	}
	sum := sha256.Sum256([]byte(strings.Join(sources, "")))
	return hex.EncodeToString(sum[:])
}
